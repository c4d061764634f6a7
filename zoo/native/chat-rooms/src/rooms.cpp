#include "rooms.hpp"

namespace chat {

constexpr std::chrono::seconds kept{8};

void Rooms::write(size_t room, std::string author, std::string text) {
    auto& to = rooms[room % rooms.size()];
    std::lock_guard lock(to.gate);
    to.messages.push_back({Clock::now(), std::move(author), std::move(text)});
}

void Rooms::expire() {
    auto oldest = Clock::now() - kept;
    for (auto& room : rooms) {
        std::lock_guard lock(room.gate);
        while (!room.messages.empty() && room.messages.front().written < oldest) room.messages.pop_front();
    }
}

}  // namespace chat
