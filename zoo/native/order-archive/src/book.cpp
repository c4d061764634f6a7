#include "book.hpp"

namespace orders {

void Book::place(uint64_t number, platform::Random& random) {
    Order order{number, "customer " + random.text(30), {}};
    for (uint64_t l = 0; l < 3 + random.below(12); l++) order.lines.emplace_back("article " + random.text(20), 1 + random.below(5));
    std::lock_guard lock(gate);
    open.emplace(number, std::move(order));
}

bool Book::finish(uint64_t number, Order& order) {
    std::lock_guard lock(gate);
    auto at = open.find(number);
    if (at == open.end()) return false;
    order = std::move(at->second);
    open.erase(at);
    return true;
}

}  // namespace orders
