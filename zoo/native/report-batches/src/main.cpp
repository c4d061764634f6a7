#include <map>

#include "batch.hpp"
#include "service.hpp"

int main() {
    reports::Ledger ledger(150000);
    reports::Batch batch(ledger);
    std::map<std::string, std::string> templates;
    platform::Random random(31);
    for (int i = 0; i < 3000; i++) templates["template " + random.text(12)] = random.text(5000);
    // The ledger of the years before.
    for (size_t customer = 0; customer < 150000; customer++) ledger.note(0, customer, random);
    return platform::serve({
        {1, [&](uint64_t n, platform::Random& random) { batch.render(n, random); }},
        {20, [&](uint64_t, platform::Random& random) { random.text(2000); }},
    });
}
