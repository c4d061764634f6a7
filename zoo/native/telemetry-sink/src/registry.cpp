#include "registry.hpp"

namespace telemetry {

constexpr size_t points_kept = 120;

Series::Series(const std::string& name) : name(name), points(points_kept) {}

Series* Registry::series(const std::string& device, const std::string& session, const std::string& metric) {
    auto name = session + "." + metric;
    std::lock_guard lock(gate);
    auto& of_device = registered[device];
    for (auto& series : of_device)
        if (series->name == name) return series.get();
    of_device.push_back(std::make_unique<Series>(name));
    return of_device.back().get();
}

}  // namespace telemetry
