#include "routes.hpp"

#include "service.hpp"

namespace gateway {

Routes Routes::load(size_t count) {
    Routes routes;
    platform::Random random(17);
    for (size_t i = 0; i < count; i++) {
        Route route;
        route.prefix = std::to_string(i % 256) + "." + std::to_string(i / 256 % 256) + "." + std::to_string(i / 65536);
        for (size_t hop = 0; hop < 4 + random.below(4); hop++) route.hops.push_back("router-" + random.text(20 + random.below(40)));
        auto key = route.prefix;
        routes.byPrefix.emplace(key, std::move(route));
    }
    return routes;
}

const Route* Routes::find(const std::string& peer) const {
    auto at = byPrefix.upper_bound(peer);
    return at == byPrefix.end() ? nullptr : &at->second;
}

}  // namespace gateway
