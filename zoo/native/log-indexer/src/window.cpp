#include "window.hpp"

#include <sstream>

namespace logs {

constexpr size_t windows_kept = 2;

Line parse(const std::string& raw) {
    Line line;
    std::istringstream in(raw);
    in >> line.host >> line.level;
    for (std::string word; in >> word;) {
        line.message += word + " ";
        line.words.push_back(std::move(word));
    }
    return line;
}

void Windows::add(uint64_t second, const Line& line) {
    std::lock_guard lock(gate);
    if (windows.empty() || windows.back().second != second) {
        windows.push_back({second, {}});
        while (windows.size() > windows_kept) windows.pop_front();
    }
    for (auto& word : line.words) windows.back().counts[line.host + "/" + word]++;
}

}  // namespace logs
