#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "service.hpp"

namespace orders {

struct Order {
    uint64_t number;
    std::string customer;
    std::vector<std::pair<std::string, int>> lines;
};

// The orders that are open now: some thousands, each for a few seconds.
class Book {
public:
    void place(uint64_t number, platform::Random& random);
    bool finish(uint64_t number, Order& order);

private:
    std::mutex gate;
    std::map<uint64_t, Order> open;
};

}  // namespace orders
