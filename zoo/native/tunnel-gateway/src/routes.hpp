#pragma once
#include <map>
#include <string>
#include <vector>

namespace gateway {

struct Route {
    std::string prefix;
    std::vector<std::string> hops;
};

class Routes {
public:
    static Routes load(size_t count);
    const Route* find(const std::string& peer) const;
    size_t size() const { return byPrefix.size(); }

private:
    std::map<std::string, Route> byPrefix;
};

}  // namespace gateway
