#include "archive.hpp"

namespace orders {

std::string Archive::render(const Order& order) {
    std::string body = "<order number='" + std::to_string(order.number) + "'>";
    for (auto& [article, count] : order.lines) body += "<line count='" + std::to_string(count) + "'>" + article + std::string(60, ' ') + "</line>";
    body.shrink_to_fit();
    return body + "</order>";
}

void Archive::archive(const Order& order) {
    auto* document = new Document{order.number, render(order)};
    std::lock_guard lock(gate);
    pending.push_back(document);
}

void Archive::upload(bool reachable) {
    std::lock_guard lock(gate);
    if (!reachable) return;
    for (auto* document : pending) delete document;
    pending.clear();
}

}  // namespace orders
