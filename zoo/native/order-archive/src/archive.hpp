#pragma once
#include <deque>
#include <mutex>

#include "book.hpp"

namespace orders {

struct Document {
    uint64_t order;
    std::string body;
};

class Archive {
public:
    void archive(const Order& order);
    void upload(bool reachable);

private:
    static std::string render(const Order& order);
    std::mutex gate;
    std::deque<Document*> pending;
};

}  // namespace orders
