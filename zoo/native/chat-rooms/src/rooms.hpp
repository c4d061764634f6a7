#pragma once
#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace chat {

using Clock = std::chrono::steady_clock;

struct Message {
    Clock::time_point written;
    std::string author, text;
};

class Rooms {
public:
    explicit Rooms(size_t count) : rooms(count) {}
    void write(size_t room, std::string author, std::string text);
    void expire();

private:
    struct Room {
        std::mutex gate;
        std::deque<Message> messages;
    };
    std::vector<Room> rooms;
};

}  // namespace chat
