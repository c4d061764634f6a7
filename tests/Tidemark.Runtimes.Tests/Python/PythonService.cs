using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Tidemark.Runtimes.Tests.Python;

/// <summary>A small Python service that holds a known heap and, asked over its standard input, tells its own state.</summary>
internal sealed class PythonService : IAsyncDisposable
{
    private const string Source = """
        import gc, json, os, select, signal, sys, threading, time

        class Session:
            def __init__(self, number):
                self.user = "user%d" % number
                self.items = [number]

        ACTIVE = {}
        for number in range(5000):
            ACTIVE["key-%d" % number] = Session(number)
        EXTRA = []

        # Held by whoever has threads, files or children for a moment, so that they are never counted.
        whole = threading.Lock()

        def state():
            import tracemalloc
            status = ("SigBlk", "SigIgn", "TracerPid", "Seccomp", "NoNewPrivs", "CapEff", "Umask")
            # Without 32 and 33, which the C library takes for itself with a process's first thread.
            caught = [int(l.split()[1], 16) & ~(3 << 31) for l in open("/proc/self/status") if l.startswith("SigCgt")]
            with whole:
                return {
                    "callbacks": len(gc.callbacks), "enabled": gc.isenabled(), "threshold": gc.get_threshold(),
                    "debug": gc.get_debug(), "frozen": gc.get_freeze_count(),
                    "tracing": tracemalloc.is_tracing(), "frames": tracemalloc.get_traceback_limit(),
                    "threads": len(os.listdir("/proc/self/task")), "named": sorted(t.name for t in threading.enumerate()),
                    "files": len(os.listdir("/proc/self/fd")), "names": sorted(k for k in globals() if not k.startswith("_")),
                    "executable": sum(1 for m in open("/proc/self/maps") if "xp 00000000 00:00 0" in m and "[" not in m),
                    "handlers": [repr(signal.getsignal(s)).split(" at ")[0] for s in sorted(signal.valid_signals())],
                    "caught": caught, "status": [line for line in open("/proc/self/status") if line.split(":")[0] in status],
                    "switch": sys.getswitchinterval(), "depth": sys.getrecursionlimit(),
                    "hooks": [sys.gettrace() is None, sys.getprofile() is None, sys.excepthook is sys.__excepthook__,
                              threading._trace_hook is None, threading._profile_hook is None, len(sys.meta_path)],
                    "environment": len(os.environ), "folder": os.getcwd(),
                    "served": served, "active": len(ACTIVE), "wrong": wrong,
                }

        def answer():
            for line in sys.stdin:
                word, _, number = line.strip().partition(" ")
                if word == "grow":
                    EXTRA.append([Session(n) for n in range(int(number))])
                elif word == "shrink":
                    EXTRA.clear()
                elif word == "hold":
                    import ctypes
                    sleep = ctypes.PyDLL(None).sleep
                print(json.dumps(state()), flush=True)
                if word == "hold":
                    sleep(600)  # with the interpreter's lock
            os._exit(0)

        def work():
            global served
            while True:
                local = [Session(i) for i in range(20)]
                served += len(local)
                time.sleep(0.001 if mode == "soak" else 0)

        def guarded(part):
            # What it finds to be wrong is told with the state.
            global served, wrong
            while True:
                try:
                    part()
                    served += 1
                    time.sleep(0.001)  # busy, but with turns for the others on a machine that is busier still
                except BaseException as error:
                    wrong = wrong or "%s: %r" % (part.__name__, error)

        def circles():
            first, second = Session(1), Session(2)
            first.other, second.other = second, first

        def compress():
            import zlib
            data = os.urandom(100) * 2000
            assert zlib.decompress(zlib.compress(data, 9)) == data

        def converse():
            ours, theirs = pair
            ours.sendall(b"x" * 5000)
            got = 0
            while got < 5000:
                got += len(theirs.recv(4096))
            time.sleep(0.002)

        def throw():
            try:
                {}["nothing"]
            except KeyError as error:
                assert error.__traceback__ is not None
            assert sum(x for x in (y for y in range(500))) == 124750

        def children():
            import subprocess
            with whole:
                assert subprocess.run(["true"]).returncode == 0
            time.sleep(0.2)

        def threads():
            with whole:
                some = [threading.Thread(target=circles) for _ in range(3)]
                for t in some: t.start()
                for t in some: t.join()
            time.sleep(0.05)

        def alarms():
            import asyncio
            async def tick(n):
                await asyncio.sleep(0.001)
                return n
            async def all():
                return sum(await asyncio.gather(*[tick(n) for n in range(10)]))
            with whole:
                assert asyncio.run(all()) == 45
            time.sleep(0.05)

        served = 0
        wrong = ""
        mode = sys.argv[1]
        state()
        if mode == "answer":
            print("ready", flush=True)
            answer()
        threading.Thread(target=answer, daemon=True).start()
        if mode == "busy":
            for _ in range(4):
                threading.Thread(target=work, daemon=True).start()
        if mode == "soak":
            import asyncio, socket, subprocess, zlib
            signal.signal(signal.SIGUSR2, lambda *_: None)
            signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
            signal.signal(signal.SIGALRM, lambda *_: circles())
            gc.set_threshold(500, 7, 9)
            pair = socket.socketpair()
            for part in (circles, compress, converse, throw, children, threads, alarms):
                threading.Thread(target=guarded, args=(part,), daemon=True).start()
            time.sleep(1)
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

    /// <summary>Every CPython from 3.8 on that is installed here, and those that <c>TIDEMARK_PYTHONS</c> names (paths with a colon between).</summary>
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

        foreach (var path in (Environment.GetEnvironmentVariable("TIDEMARK_PYTHONS") ?? "").Split(':'))
        {
            if (path.Length > 0)
            {
                found.Add(path);
            }
        }

        return found;
    }

    /// <param name="interpreter">The Python to run.</param>
    /// <param name="mode">What the main thread does: <c>answer</c> reads its input, <c>epoll</c> and <c>join</c> wait for ever, <c>spin</c> computes, <c>busy</c> computes in five threads, <c>soak</c> does in nine what services do: sockets, children, short threads, timers with signals, circles, asyncio.</param>
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
    public Task<JsonElement> StateAsync() => AskAsync("state");

    /// <summary>Waits until the settings are as they were: the agent's thread needs a moment to end after it has hung up.</summary>
    public async Task SettledAsync(string before)
    {
        var now = "";
        for (var tries = 0; tries < 600; tries++)
        {
            now = await SettingsAsync();
            if (now == before)
            {
                return;
            }

            await Task.Delay(100);
        }

        now.ShouldBe(before);
    }

    /// <summary>Has the service hold so many more objects.</summary>
    public Task GrowAsync(int sessions) => AskAsync(string.Create(CultureInfo.InvariantCulture, $"grow {sessions}"));

    /// <summary>Has one thread sleep with the interpreter's lock, until the process ends.</summary>
    public Task HoldAsync() => AskAsync("hold");

    /// <summary>Has it let go of them.</summary>
    public Task ShrinkAsync() => AskAsync("shrink");

    /// <summary>What must be the same before and after: counters and the heap's own growth left out.</summary>
    public async Task<string> SettingsAsync() => Settings(await StateAsync());

    /// <summary>The same before anybody attaches. The kernel goes on showing a short thread for a moment after it was joined: such a one is waited for.</summary>
    public async Task<string> SettingsBeforeAsync()
    {
        var state = await StateAsync();
        for (var tries = 0; tries < 300 && Threads(state) > state.GetProperty("named").GetArrayLength(); tries++)
        {
            await Task.Delay(20);
            state = await StateAsync();
        }

        return Settings(state);

        static int Threads(JsonElement state) => state.GetProperty("threads").GetInt32();
    }

    private static string Settings(JsonElement state) =>
        string.Join(
            '\n',
            state
                .EnumerateObject()
                .Where(p => p.Name != "served")
                .Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Name}: {p.Value}"))
        );

    /// <summary>How it ended; null while it runs. 128 and more: by a signal of that number.</summary>
    public int? Ended => process.HasExited ? process.ExitCode : null;

    /// <summary>Ends it, and waits until it has ended.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    private async Task<JsonElement> AskAsync(string question)
    {
        await process.StandardInput.WriteLineAsync(question);
        await process.StandardInput.FlushAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return JsonElement.Parse((await process.StandardOutput.ReadLineAsync(limit.Token))!);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await KillAsync();
        }

        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
