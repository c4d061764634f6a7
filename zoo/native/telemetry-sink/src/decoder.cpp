#include "decoder.hpp"

#include <sstream>

namespace telemetry {

Decoder::Decoder(size_t models) {
    platform::Random random(23);
    for (size_t m = 0; m < models; m++) schemas.push_back("schema " + random.text(900 + random.below(900)));
}

std::string Decoder::frame(platform::Random& random) const {
    std::string frame;
    for (int i = 0; i < 6; i++) frame += "metric-" + std::to_string(i) + " " + std::to_string(random.below(1000)) + " ";
    return frame + schemas[random.below(schemas.size())].substr(0, 40);
}

std::vector<Reading> Decoder::decode(const std::string& frame) const {
    std::istringstream in(frame);
    std::vector<Reading> readings;
    std::string metric;
    for (double value; readings.size() < 6 && in >> metric >> value;) readings.push_back({metric, value});
    return readings;
}

}  // namespace telemetry
