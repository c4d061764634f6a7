#pragma once
#include <cstdint>
#include <vector>

namespace pricing {

class Tariffs {
public:
    static Tariffs load(uint32_t products);
    const std::vector<double>& rates(uint32_t product) const { return table[product % table.size()]; }

private:
    std::vector<std::vector<double>> table;
};

}  // namespace pricing
