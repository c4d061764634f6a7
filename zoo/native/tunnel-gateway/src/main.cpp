#include "acceptor.hpp"
#include "routes.hpp"
#include "service.hpp"

int main() {
    auto routes = gateway::Routes::load(120000);
    gateway::Acceptor acceptor(routes);
    return platform::serve({
        {400, [&](uint64_t now, platform::Random& random) { acceptor.accept(now, random); }},
        {50, [&](uint64_t, platform::Random& random) { acceptor.traffic(random); }},
    });
}
