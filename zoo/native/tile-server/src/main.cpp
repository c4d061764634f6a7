#include "renderer.hpp"
#include "service.hpp"
#include "tile_cache.hpp"

int main() {
    tiles::Renderer renderer(80000);
    tiles::TileCache cache(60 << 20);
    auto serve_tile = [&](uint64_t key) {
        if (auto tile = cache.get(key)) return tile->size();
        auto tile = std::make_shared<const std::string>(renderer.render(key));
        cache.put(key, tile);
        return tile->size();
    };
    // Most requests are for the middle of the map; the rest is spread over all of it.
    return platform::serve({
        {700, [&](uint64_t, platform::Random& random) { serve_tile(random.below(400000)); }},
        {200, [&](uint64_t, platform::Random& random) { serve_tile(random.below(2000)); }},
    });
}
