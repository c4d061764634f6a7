// Writes what heaptrack_interpret writes (version 3) for a program of many allocations: allocations OUT COUNT [random]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
    auto* out = std::fopen(argv[1], "w");
    long count = std::atol(argv[2]);
    bool random = argc > 3;
    std::setvbuf(out, nullptr, _IOFBF, 1 << 20);
    const int functions = 4000, traces = 60000, infos = 40000;
    std::fprintf(out, "v 10500 3\nX ./program\nI 1000 2000\ns 9 ./program\n");
    for (int f = 0; f < functions; f++) std::fprintf(out, "s %x part::step%d\n", std::snprintf(nullptr, 0, "part::step%d", f), f);
    uint64_t state = 88172645463325252u;
    auto next = [&] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    };
    for (int i = 1; i <= functions; i++) std::fprintf(out, "i %x 1 %x\n", 0x1000 + i * 16, i + 1);
    for (int t = 1; t <= traces; t++) std::fprintf(out, "t %x %x\n", (unsigned)(1 + next() % functions), t < 100 ? 0 : (unsigned)(next() % (t - 1)));
    for (int a = 0; a < infos; a++) std::fprintf(out, "a %x %x\n", (unsigned)(16 + next() % 500), (unsigned)(1 + next() % traces));
    std::vector<unsigned> live;
    long done = 0;
    for (long tick = 0; done < count; tick++) {
        if (tick % 500000 == 0) std::fprintf(out, "c %lx\nR %x\n", tick / 1000, 1000);
        unsigned info = random ? next() % infos : tick % infos;
        std::fprintf(out, "+ %x\n", info);
        done++;
        if (random) {
            live.push_back(info);
            if (live.size() > 10000) {
                auto at = next() % live.size();
                std::fprintf(out, "- %x\n", live[at]);
                live[at] = live.back();
                live.pop_back();
            }
        } else {
            std::fprintf(out, "- %x\n", info);
        }
    }
    std::fclose(out);
}
