#include <cmath>
#include <map>

#include "rooms.hpp"
#include "service.hpp"

int main() {
    platform::Random random(13);
    std::map<std::string, std::string> profiles;
    for (int i = 0; i < 40000; i++) profiles["user-" + std::to_string(i)] = random.text(200 + random.below(200));

    chat::Rooms rooms(500);
    auto start = chat::Clock::now();
    return platform::serve({
        {20, [&](uint64_t, platform::Random& random) {
             // The evening comes, in waves: ever more messages a second.
             auto seconds = std::chrono::duration<double>(chat::Clock::now() - start).count();
             auto messages = static_cast<uint64_t>(25 * (1 + seconds / 45 + 0.5 * std::sin(seconds / 4)));
             for (uint64_t m = 0; m < messages; m++)
                 rooms.write(random.below(500), "user-" + std::to_string(random.below(40000)), random.text(600 + random.below(1200)));
         }},
        {10, [&](uint64_t, platform::Random&) { rooms.expire(); }},
    });
}
