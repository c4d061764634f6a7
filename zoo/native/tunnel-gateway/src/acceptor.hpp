#pragma once
#include <list>
#include <mutex>

#include "connection.hpp"
#include "routes.hpp"
#include "service.hpp"

namespace gateway {

class Acceptor {
public:
    explicit Acceptor(const Routes& routes) : routes(routes) {}
    void accept(uint64_t now, platform::Random& random);
    void traffic(platform::Random& random);

private:
    bool handshake(const Connection& connection, platform::Random& random);
    void sweep(uint64_t now);

    const Routes& routes;
    std::mutex gate;
    std::list<Connection*> open;
};

}  // namespace gateway
