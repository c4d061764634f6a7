#include "ledger.hpp"

namespace reports {

void Ledger::note(uint64_t report, size_t customer, platform::Random& random) {
    auto record = std::make_unique<Record>(Record{report, "report of " + random.text(report == 0 ? 150 : 80 + random.below(20))});
    std::lock_guard lock(gate);
    records[customer % records.size()] = std::move(record);
}

}  // namespace reports
