#pragma once
#include <string>
#include <vector>

#include "service.hpp"

namespace telemetry {

struct Reading {
    std::string metric;
    double value;
};

class Decoder {
public:
    explicit Decoder(size_t models);
    std::vector<Reading> decode(const std::string& frame) const;
    std::string frame(platform::Random& random) const;

private:
    std::vector<std::string> schemas;
};

}  // namespace telemetry
