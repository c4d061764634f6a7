#pragma once
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace logs {

struct Line {
    std::string host, level, message;
    std::vector<std::string> words;
};

Line parse(const std::string& raw);

// Counts of words in the last seconds.
class Windows {
public:
    void add(uint64_t second, const Line& line);

private:
    struct Window {
        uint64_t second;
        std::map<std::string, uint64_t> counts;
    };
    std::mutex gate;
    std::deque<Window> windows;
};

}  // namespace logs
