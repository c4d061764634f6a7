#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "service.hpp"

namespace tiles {

class Renderer {
public:
    explicit Renderer(size_t features);
    std::string render(uint64_t key) const;

private:
    struct Feature {
        std::string name;
        std::vector<float> outline;
    };
    std::vector<Feature> features;
};

}  // namespace tiles
