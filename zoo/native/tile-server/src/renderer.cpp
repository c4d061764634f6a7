#include "renderer.hpp"

namespace tiles {

Renderer::Renderer(size_t count) {
    platform::Random random(5);
    for (size_t i = 0; i < count; i++) {
        Feature feature{"feature " + random.text(24), {}};
        for (uint64_t p = 0; p < 20 + random.below(60); p++) feature.outline.push_back(static_cast<float>(random.below(4096)));
        features.push_back(std::move(feature));
    }
}

std::string Renderer::render(uint64_t key) const {
    platform::Random random(key);
    std::string tile;
    for (int i = 0; i < 40; i++) {
        auto& feature = features[random.below(features.size())];
        tile += feature.name;
        for (auto p : feature.outline) tile += static_cast<char>(p);
    }
    return tile;
}

}  // namespace tiles
