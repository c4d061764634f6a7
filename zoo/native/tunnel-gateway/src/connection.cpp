#include "connection.hpp"

#include <cstring>

namespace gateway {

constexpr size_t receive_window = 6000;
constexpr size_t unacknowledged_packets = 8;

Connection::Connection(uint64_t id, std::string peer)
    : number(id), address(std::move(peer)), receive_buffer(new char[receive_window]) {
    std::memset(receive_buffer.get(), 0, receive_window);
}

void Connection::send(const std::string& packet) {
    if (unacknowledged.size() == unacknowledged_packets) unacknowledged.erase(unacknowledged.begin());
    unacknowledged.push_back(packet);
}

}  // namespace gateway
