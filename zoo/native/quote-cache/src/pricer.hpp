#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tariffs.hpp"

namespace pricing {

struct Quote {
    std::string customer;
    double total = 0;
    std::vector<double> steps;
};

class Pricer {
public:
    explicit Pricer(const Tariffs& tariffs) : tariffs(tariffs) {}
    Quote price(const std::string& customer, uint32_t product) const;

private:
    const Tariffs& tariffs;
};

}  // namespace pricing
