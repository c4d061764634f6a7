using System.Diagnostics;
using System.Globalization;

namespace Tidemark.Runtimes.Tests.Native;

/// <summary>A small C++ service that allocates in every way there is, and does on its standard input what it is told.</summary>
internal sealed class NativeService : IAsyncDisposable
{
    private const string Source = """
        #include <cstdio>
        #include <cstdlib>
        #include <cstring>
        #include <iostream>
        #include <malloc.h>
        #include <string>
        #include <thread>
        #include <vector>

        static std::vector<void*> kept;
        static std::atomic<unsigned long> wrong{0}, rounds{0};

        __attribute__((noinline)) void keep_records(int count, int size) {
            for (int i = 0; i < count; i++) {
                auto* block = malloc(size);
                memset(block, i, size);
                kept.push_back(block);
            }
        }

        __attribute__((noinline)) void serve_request(int depth, int count, int size) {
            volatile char frame[200];
            frame[depth] = 1;
            if (depth > 0) serve_request(depth - 1, count, size);
            else keep_records(count, size);
            frame[depth] = 0;
        }

        // All that is allocated here is checked and released.
        void churn(unsigned seed) {
            for (;; rounds++) {
                size_t size = rand_r(&seed) % 3000 + 1;
                auto* a = static_cast<unsigned char*>(malloc(size));
                memset(a, 0xab, size);
                a = static_cast<unsigned char*>(realloc(a, size * 2));
                auto* b = static_cast<unsigned char*>(calloc(size, 2));
                void* c = nullptr;
                if (posix_memalign(&c, 64, size) != 0 || (reinterpret_cast<size_t>(c) & 63)) wrong++;
                auto* d = new std::string(size, 'd');
                auto* e = aligned_alloc(4096, 4096);
                auto* f = strdup("a text that is copied");
                try {
                    std::vector<int> numbers(size);
                    numbers.at(size);
                } catch (const std::out_of_range&) {
                }
                for (size_t i = 0; i < size; i++) wrong += a[i] != 0xab || b[i] != 0 || (*d)[i] != 'd';
                free(a); free(b); free(c); delete d; free(e); free(f);
                free(nullptr);
                if (rounds % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
            }
        }

        int main(int argc, char** argv) {
            kept.reserve(1 << 20);
            for (int t = 0; t < atoi(argv[1]); t++) std::thread(churn, t).detach();
            puts("ready");
            fflush(stdout);
            char line[100];
            while (fgets(line, sizeof line, stdin)) {
                int count, size;
                if (sscanf(line, "keep %d %d", &count, &size) == 2) {
                    serve_request(5, count, size);
                    printf("%zu\n", malloc_usable_size(kept.back()));
                } else if (strncmp(line, "state", 5) == 0) {
                    printf("%lu %lu\n", wrong.load(), rounds.load());
                } else {
                    void* last = strstr(line, "keep") ? malloc(3000) : nullptr;
                    for (auto* block : kept) free(block);
                    kept.clear();
                    if (last) kept.push_back(last);
                    puts("released");
                }
                fflush(stdout);
            }
            _exit(0);
        }
        """;

    private readonly Process process;
    private readonly string folder;

    private NativeService(Process process, string folder, int pid)
    {
        this.process = process;
        this.folder = folder;
        Pid = pid;
    }

    public int Pid { get; }

    public bool IsRunning => !process.HasExited;

    /// <summary>Compiles and starts it.</summary>
    /// <param name="threads">Threads that allocate and release without end.</param>
    /// <param name="flags">Of the compiler.</param>
    /// <param name="environment">Variables of its environment.</param>
    public static async Task<NativeService> StartAsync(
        int threads,
        string flags = "",
        params (string Name, string Value)[] environment
    )
    {
        var folder = Directory.CreateTempSubdirectory("tidemark-native-").FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "service.cpp"),
            Source.Replace(
                "#include <cstdio>",
                "#include <atomic>\n#include <cstdio>\n#include <stdexcept>\n#include <unistd.h>",
                StringComparison.Ordinal
            )
        );
        using (
            var compiler = Process.Start(
                "g++",
                $"-g -O2 -std=c++17 -pthread {flags} -o {folder}/service {folder}/service.cpp"
            )
        )
        {
            await compiler.WaitForExitAsync();
            compiler.ExitCode.ShouldBe(0);
        }

        // A process that is our own child cannot be traced reliably, because .NET waits for its children: a shell stands between.
        var variables = string.Concat(environment.Select(e => $"{e.Name}={e.Value} "));
        var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", $"{variables}{folder}/service {threads}; exit $?"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                WorkingDirectory = folder,
            }
        )!;
        (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        var children = await File.ReadAllTextAsync($"/proc/{process.Id}/task/{process.Id}/children");
        return new NativeService(process, folder, int.Parse(children.Trim(), CultureInfo.InvariantCulture));
    }

    /// <summary>Sends it a line and gives its answer.</summary>
    public async Task<string> AskAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return await process.StandardOutput.ReadLineAsync(patience.Token) ?? "";
    }

    /// <summary>How often it found a block that did not hold what it had put there, and how often it looked.</summary>
    public async Task<(long Wrong, long Rounds)> StateAsync()
    {
        var words = (await AskAsync("state")).Split(' ');
        return (long.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
