#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace telemetry {

struct Series {
    explicit Series(const std::string& name);
    void add(double value) { points[next++ % points.size()] = value; }

    std::string name;
    std::vector<double> points;
    size_t next = 0;
};

class Registry {
public:
    Series* series(const std::string& device, const std::string& session, const std::string& metric);

private:
    std::mutex gate;
    std::map<std::string, std::vector<std::unique_ptr<Series>>> registered;
};

}  // namespace telemetry
