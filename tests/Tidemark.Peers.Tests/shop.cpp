// Allocates from many sites and keeps part of it, so that profilers have something to disagree about.
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace shop {

struct Session {
    std::string id;
    std::map<int, std::string> marks;
    virtual ~Session() {}
};

template <class T>
struct Registry {
    std::vector<T> items;
    void add(T item) { items.push_back(std::move(item)); }
};

// Never destroyed: what is kept shall still be there when the profile is dumped at the end.
static auto& sessions = *new std::unordered_map<std::string, std::unique_ptr<Session>>;
static auto& names = *new Registry<std::string>;
static auto& buffers = *new std::vector<char*>;

__attribute__((noinline)) void parse(int i) {
    char* buffer = static_cast<char*>(malloc(200 + i % 50));
    memset(buffer, 1, 200);
    if (i % 3 == 0)
        buffers.push_back(buffer);
    else
        free(buffer);
}

__attribute__((noinline)) void open_session(int i) {
    auto key = "session-number-" + std::to_string(i);
    sessions[key] = std::make_unique<Session>();
    sessions[key]->marks[i] = key;
    names.add(key);
}

void work(int rounds) {
    for (int i = 0; i < rounds; i++) {
        open_session(i);
        parse(i);
    }
}

int recurse(int depth, int rounds) {
    if (depth == 0) {
        work(rounds);
        return 1;
    }
    int result = recurse(depth - 1, rounds);
    names.add(std::string(100 + depth, 'x'));
    return result + 1;
}

void churn(int rounds) {
    for (int i = 0; i < rounds; i++)
        free(calloc(1, 64));
}

}  // namespace shop

int main(int argc, char** argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 20000;
    shop::recurse(5, rounds);
    std::thread(shop::churn, rounds).join();
    return 0;
}
