#include <unordered_map>

#include "service.hpp"
#include "window.hpp"

int main() {
    platform::Random start(11);
    std::vector<std::string> vocabulary;
    for (int i = 0; i < 300; i++) vocabulary.push_back(start.text(4 + start.below(9)));
    std::unordered_map<std::string, std::string> owners;
    for (int i = 0; i < 150000; i++) owners["host-" + std::to_string(i)] = "team " + start.text(60 + start.below(60));

    logs::Windows windows;
    return platform::serve({
        {2500, [&](uint64_t n, platform::Random& random) {
             auto raw = "host-" + std::to_string(random.below(20)) + " INFO";
             for (uint64_t w = 0; w < 8 + random.below(10); w++) raw += " " + vocabulary[random.below(vocabulary.size())];
             windows.add(n / 2500, logs::parse(raw));
         }},
        {30, [&](uint64_t, platform::Random& random) { owners["host-" + std::to_string(random.below(150000))] = "team " + random.text(60 + random.below(60)); }},
    });
}
