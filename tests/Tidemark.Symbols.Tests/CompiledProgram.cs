using Tidemark.Tests;

namespace Tidemark.Symbols.Tests;

/// <summary>A small C++ program, compiled once for all tests: inlined calls, lambdas, templates, an anonymous namespace.</summary>
public sealed class CompiledProgram : IDisposable
{
    private const string Source = """
        #include <algorithm>
        #include <map>
        #include <memory>
        #include <string>
        #include <unordered_map>
        #include <vector>

        namespace shop {
        struct Session {
            std::string id;
            std::map<int, std::string> marks;
            virtual ~Session() {}
        };
        static std::unordered_map<std::string, std::unique_ptr<Session>> sessions;
        template <class T> struct Registry {
            std::vector<T> items;
            void add(T item) { items.push_back(std::move(item)); }
        };
        namespace {
        Registry<std::string> registry;
        __attribute__((noinline)) int count(int n) { return n * 3 + (int)registry.items.size(); }
        }
        int work(int n) {
            for (int i = 0; i < n; i++) {
                auto key = "k" + std::to_string(i);
                sessions[key] = std::make_unique<Session>();
                sessions[key]->marks[i] = key;
                registry.add(key);
            }
            std::sort(registry.items.begin(), registry.items.end(),
                      [](const std::string& a, const std::string& b) { return a > b; });
            return count(n);
        }
        }
        int main(int argc, char**) { return shop::work(argc * 10) > 100000; }
        """;

    public string Folder { get; } = Directory.CreateTempSubdirectory("tidemark-symbols-").FullName;

    public string Compile(string name, string flags)
    {
        var source = Path.Combine(Folder, "program.cpp");
        if (!File.Exists(source))
        {
            File.WriteAllText(source, Source);
        }

        var program = Path.Combine(Folder, name);
        if (!File.Exists(program))
        {
            Tool.Run("g++", $"{flags} -o {program} {source}");
        }

        return program;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
