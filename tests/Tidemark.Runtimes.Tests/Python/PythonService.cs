using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Tidemark.Runtimes.Tests.Python;

/// <summary>A small Python service that holds a known heap and, asked over its standard input, tells its own state.</summary>
internal sealed class PythonService : IAsyncDisposable
{
    private const string Source = """
        import gc, json, os, select, sys, threading, time

        class Session:
            def __init__(self, number):
                self.user = "user%d" % number
                self.items = [number]

        ACTIVE = {}
        for number in range(5000):
            ACTIVE["key-%d" % number] = Session(number)

        def state():
            import tracemalloc
            return {
                "callbacks": len(gc.callbacks), "enabled": gc.isenabled(), "threshold": gc.get_threshold(),
                "tracing": tracemalloc.is_tracing(), "threads": len(os.listdir("/proc/self/task")),
                "files": len(os.listdir("/proc/self/fd")), "names": sorted(k for k in globals() if not k.startswith("_")),
                "executable": sum(1 for m in open("/proc/self/maps") if "xp 00000000 00:00 0" in m and "[" not in m),
                "served": served, "active": len(ACTIVE),
            }

        def answer():
            for line in sys.stdin:
                print(json.dumps(state()), flush=True)
            os._exit(0)

        def work():
            global served
            while True:
                local = [Session(i) for i in range(20)]
                served += len(local)
                time.sleep(0)

        served = 0
        mode = sys.argv[1]
        state()
        if mode == "answer":
            print("ready", flush=True)
            answer()
        threading.Thread(target=answer, daemon=True).start()
        if mode == "busy":
            for _ in range(4):
                threading.Thread(target=work, daemon=True).start()
        print("ready", flush=True)
        if mode == "epoll":
            select.epoll().poll()
        elif mode == "join":
            threading.Event().wait()
        work()
        """;

    private readonly Process process;
    private readonly string folder;

    private PythonService(Process process, string folder)
    {
        this.process = process;
        this.folder = folder;
    }

    public int Pid => process.Id;

    public Target Target => new(Pid, null, "service");

    /// <summary>Every CPython from 3.8 on that is installed here.</summary>
    public static TheoryData<string> Interpreters()
    {
        var found = new TheoryData<string> { "python3" };
        const string versions = "/root/.pyenv/versions";
        foreach (var folder in Directory.Exists(versions) ? Directory.GetDirectories(versions) : [])
        {
            if (Version.TryParse(Path.GetFileName(folder), out var version) && version >= new Version(3, 8))
            {
                found.Add(folder + "/bin/python3");
            }
        }

        if (File.Exists("/usr/bin/python3.11"))
        {
            found.Add("/usr/bin/python3.11");
        }

        return found;
    }

    /// <param name="interpreter">The Python to run.</param>
    /// <param name="mode">What the main thread does: <c>answer</c> reads its input, <c>epoll</c> and <c>join</c> wait for ever, <c>spin</c> computes, <c>busy</c> computes in five threads.</param>
    /// <param name="before">Source that is run first.</param>
    /// <param name="environment">Variables on top of this process's own.</param>
    public static async Task<PythonService> StartAsync(
        string interpreter,
        string mode,
        string before = "",
        IReadOnlyDictionary<string, string>? environment = null
    )
    {
        var folder = Directory.CreateTempSubdirectory("tidemark-python").FullName;
        var script = Path.Combine(folder, "service.py");
        await File.WriteAllTextAsync(script, before + "\n" + Source);
        var start = new ProcessStartInfo(interpreter)
        {
            ArgumentList = { script, mode },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var service = new PythonService(Process.Start(start)!, folder);
        (await service.process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
        return service;
    }

    /// <summary>What the service says of itself.</summary>
    public async Task<JsonElement> StateAsync()
    {
        await process.StandardInput.WriteLineAsync("state");
        await process.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return JsonElement.Parse((await process.StandardOutput.ReadLineAsync(limit.Token))!);
    }

    /// <summary>What must be the same before and after: counters and the heap's own growth left out.</summary>
    public async Task<string> SettingsAsync()
    {
        var state = await StateAsync();
        return string.Join(
            '\n',
            state
                .EnumerateObject()
                .Where(p => p.Name != "served")
                .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Name}: {p.Value}"))
        );
    }

    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
