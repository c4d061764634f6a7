#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tiles {

using Tile = std::shared_ptr<const std::string>;

// Keeps the tiles that were asked for last, as many as fit into its bound.
class TileCache {
public:
    explicit TileCache(size_t bytes) : bound(bytes) {}

    Tile get(uint64_t key) {
        std::lock_guard lock(gate);
        auto at = index.find(key);
        if (at == index.end()) return nullptr;
        recent.splice(recent.begin(), recent, at->second);
        return at->second->second;
    }

    void put(uint64_t key, Tile tile) {
        std::lock_guard lock(gate);
        if (index.count(key)) return;
        held += tile->size();
        recent.emplace_front(key, std::move(tile));
        index[key] = recent.begin();
        while (held > bound) {
            held -= recent.back().second->size();
            index.erase(recent.back().first);
            recent.pop_back();
        }
    }

private:
    size_t bound;
    size_t held = 0;
    std::mutex gate;
    std::list<std::pair<uint64_t, Tile>> recent;
    std::unordered_map<uint64_t, std::list<std::pair<uint64_t, Tile>>::iterator> index;
};

}  // namespace tiles
