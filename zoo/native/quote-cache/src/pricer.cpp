#include "pricer.hpp"

namespace pricing {

Quote Pricer::price(const std::string& customer, uint32_t product) const {
    Quote quote;
    quote.customer = customer;
    for (auto rate : tariffs.rates(product)) {
        quote.total += rate;
        quote.steps.push_back(quote.total);
    }
    // What the customer sees is built and thrown away.
    std::string letter;
    for (auto step : quote.steps) letter += "subtotal " + std::to_string(step) + "\n";
    quote.total += letter.empty() ? 1 : 0;
    return quote;
}

}  // namespace pricing
