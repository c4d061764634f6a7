#pragma once
#include "ledger.hpp"

namespace reports {

class Batch {
public:
    explicit Batch(Ledger& ledger) : ledger(ledger) {}
    // Renders the pages of one customer group's report and drops them when they are sent.
    void render(uint64_t number, platform::Random& random);

private:
    Ledger& ledger;
};

}  // namespace reports
