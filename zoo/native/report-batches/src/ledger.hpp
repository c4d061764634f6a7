#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "service.hpp"

namespace reports {

struct Record {
    uint64_t report;
    std::string summary;
};

// One record for each of the customers: the latest replaces the one before.
class Ledger {
public:
    explicit Ledger(size_t customers) : records(customers) {}
    void note(uint64_t report, size_t customer, platform::Random& random);

private:
    std::mutex gate;
    std::vector<std::unique_ptr<Record>> records;
};

}  // namespace reports
