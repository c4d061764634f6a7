#include "decoder.hpp"
#include "registry.hpp"
#include "service.hpp"

int main() {
    telemetry::Decoder decoder(60000);
    telemetry::Registry registry;
    return platform::serve({
        {300, [&](uint64_t n, platform::Random& random) {
             // A device reconnects every few frames and then has a new session.
             auto device = "device-" + std::to_string(random.below(4000));
             auto session = "session-" + std::to_string(n / 4000) + "-" + std::to_string(n % 100);
             for (auto& reading : decoder.decode(decoder.frame(random))) {
                 if (reading.metric == "metric-0" || reading.metric == "metric-1") registry.series(device, session, reading.metric)->add(reading.value);
             }
         }},
        {50, [&](uint64_t, platform::Random& random) { decoder.decode(decoder.frame(random)); }},
    });
}
