#include "acceptor.hpp"

namespace gateway {

void Acceptor::accept(uint64_t now, platform::Random& random) {
    auto* connection = new Connection(now, "10." + std::to_string(random.below(256)) + ".0." + std::to_string(now % 256));
    connection->opened_at(now);
    std::lock_guard lock(gate);
    open.push_back(connection);
    if (!handshake(*connection, random)) {
        open.pop_back();
        return;
    }
    sweep(now);
}

bool Acceptor::handshake(const Connection& connection, platform::Random& random) {
    routes.find(connection.peer());
    return random.below(5) >= 2;
}

void Acceptor::traffic(platform::Random& random) {
    std::lock_guard lock(gate);
    for (auto* connection : open)
        if (random.below(4) == 0) connection->send(random.text(120 + random.below(200)));
}

void Acceptor::sweep(uint64_t now) {
    for (auto at = open.begin(); at != open.end();)
        if ((*at)->expired(now)) {
            delete *at;
            at = open.erase(at);
        } else {
            ++at;
        }
}

}  // namespace gateway
