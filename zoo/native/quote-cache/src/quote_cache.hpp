#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "pricer.hpp"

namespace pricing {

class QuoteCache {
public:
    explicit QuoteCache(const Pricer& pricer) : pricer(pricer) {}
    std::shared_ptr<const Quote> find_or_price(const std::string& customer, uint32_t product, uint64_t minute);

private:
    const Pricer& pricer;
    std::mutex gate;
    std::unordered_map<std::string, std::shared_ptr<const Quote>> quotes;
};

}  // namespace pricing
