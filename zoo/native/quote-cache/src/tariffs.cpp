#include "tariffs.hpp"

#include "service.hpp"

namespace pricing {

Tariffs Tariffs::load(uint32_t products) {
    Tariffs tariffs;
    platform::Random random(3);
    for (uint32_t p = 0; p < products; p++) {
        std::vector<double> rates;
        for (int r = 0; r < 90; r++) rates.push_back(static_cast<double>(random.below(1000)) / 100);
        tariffs.table.push_back(std::move(rates));
    }
    return tariffs;
}

}  // namespace pricing
