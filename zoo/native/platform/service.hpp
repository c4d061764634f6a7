// What the services here share: a clock that ends them, load that they put on themselves, and numbers that look random.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace platform {

constexpr std::chrono::minutes lifetime{10};

class Random {
public:
    explicit Random(uint64_t seed) : state(seed * 2654435769u + 1) {}
    uint64_t next() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    }
    uint64_t below(uint64_t limit) { return next() % limit; }
    std::string text(size_t length) {
        std::string text(length, ' ');
        for (auto& c : text) c = static_cast<char>('a' + below(26));
        return text;
    }

private:
    uint64_t state;
};

// A kind of request, so many times a second.
struct Load {
    double per_second;
    std::function<void(uint64_t number, Random& random)> request;
};

// Serves until its time is up: one thread for each kind of request. A request that comes late on a busy machine is made up for.
inline int serve(const std::vector<Load>& loads) {
    auto start = std::chrono::steady_clock::now();
    std::atomic<bool> stop{false};
    std::vector<std::thread> clients;
    for (auto& load : loads)
        clients.emplace_back([&load, &stop, start, seed = clients.size() + 1] {
            Random random(seed);
            for (uint64_t n = 0; !stop; n++) {
                std::this_thread::sleep_until(start + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                          std::chrono::duration<double>(n / load.per_second)));
                load.request(n, random);
            }
        });
    std::puts("ready");
    std::fflush(stdout);
    std::this_thread::sleep_for(lifetime);
    stop = true;
    for (auto& client : clients) client.join();
    return 0;
}

}  // namespace platform
