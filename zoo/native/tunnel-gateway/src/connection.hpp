#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gateway {

class Connection {
public:
    Connection(uint64_t id, std::string peer);
    void send(const std::string& packet);
    bool expired(uint64_t now) const { return now > opened + 200; }
    uint64_t id() const { return number; }
    const std::string& peer() const { return address; }
    void opened_at(uint64_t now) { opened = now; }

private:
    uint64_t number;
    uint64_t opened = 0;
    std::string address;
    std::unique_ptr<char[]> receive_buffer;
    std::vector<std::string> unacknowledged;
};

}  // namespace gateway
