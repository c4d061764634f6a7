#include "archive.hpp"
#include "book.hpp"
#include "service.hpp"

int main() {
    // What customers may order.
    std::map<std::string, std::vector<std::string>> catalogue;
    platform::Random random(7);
    for (int i = 0; i < 60000; i++) {
        auto& texts = catalogue["article " + random.text(20)];
        for (int t = 0; t < 6; t++) texts.push_back(random.text(150 + random.below(100)));
    }

    orders::Book book;
    orders::Archive archive;
    return platform::serve({
        {900, [&](uint64_t n, platform::Random& random) { book.place(n, random); }},
        {900, [&](uint64_t n, platform::Random&) {
             orders::Order order;
             if (n > 4000 && book.finish(n - 4000, order)) archive.archive(order);
         }},
        {1, [&](uint64_t, platform::Random&) { archive.upload(false); }},
    });
}
