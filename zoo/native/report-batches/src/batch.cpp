#include "batch.hpp"

#include <cstring>

namespace reports {

constexpr size_t pages = 700;

void Batch::render(uint64_t number, platform::Random& random) {
    // Reports grow: each one tells a little more than the one before.
    size_t page_size = 1800 + number * 16;
    std::vector<std::unique_ptr<char[]>> report;
    for (size_t p = 0; p < pages; p++) {
        report.emplace_back(new char[page_size]);
        std::memset(report.back().get(), 'x', page_size);
        ledger.note(number + 1, number * pages + p, random);
    }
}

}  // namespace reports
