#include "quote_cache.hpp"

namespace pricing {

std::shared_ptr<const Quote> QuoteCache::find_or_price(const std::string& customer, uint32_t product, uint64_t minute) {
    auto key = customer + "/" + std::to_string(product) + "@" + std::to_string(minute);
    std::lock_guard lock(gate);
    auto at = quotes.find(key);
    if (at != quotes.end()) return at->second;
    auto quote = std::make_shared<const Quote>(pricer.price(customer, product));
    quotes[key] = quote;
    return quote;
}

}  // namespace pricing
