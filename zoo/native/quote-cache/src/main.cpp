#include "pricer.hpp"
#include "quote_cache.hpp"
#include "service.hpp"
#include "tariffs.hpp"

int main() {
    auto tariffs = pricing::Tariffs::load(100000);
    pricing::Pricer pricer(tariffs);
    pricing::QuoteCache cache(pricer);
    return platform::serve({
        {700, [&](uint64_t n, platform::Random& random) {
             cache.find_or_price("customer-" + std::to_string(random.below(50000)), static_cast<uint32_t>(random.below(90000)), n / 42000);
         }},
        {40, [&](uint64_t, platform::Random& random) { pricer.price("walk-in", static_cast<uint32_t>(random.below(100000))); }},
    });
}
