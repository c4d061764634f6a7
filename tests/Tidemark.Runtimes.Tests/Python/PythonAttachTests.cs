using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Tidemark.Core.Heap;
using Tidemark.Core.Series;
using Tidemark.Formats;
using Tidemark.Runtimes.Processes;
using Tidemark.Runtimes.Python;
using Tidemark.Runtimes.Python.Agent;

namespace Tidemark.Runtimes.Tests.Python;

public class PythonAttachTests
{
    private static readonly PythonRuntime Runtime = new();

    public static TheoryData<string> Interpreters => PythonService.Interpreters();

    [Theory]
    [MemberData(nameof(Interpreters))]
    public async Task Every_version_is_captured_and_left_as_it_was(string interpreter)
    {
        await using var service = await PythonService.StartAsync(interpreter, "answer");
        var before = await service.SettingsAsync();
        (await Runtime.RecognisesAsync(service.Target, default)).ShouldBeTrue();

        var graph = await CaptureAsync(service.Target);

        var active = graph.Roots.Single(r => r.Name == "module __main__.ACTIVE").Node;
        var sessions = graph.References(active).ToArray().Count(n => graph.TypeNameOf(n) == "__main__.Session");
        sessions.ShouldBe(5000);
        var session = graph.References(active)[0];
        // In which order they are found is up to the version: 3.14 begins with the last.
        var held = graph.References(session).ToArray();
        Enumerable
            .Range(0, 2)
            .Select(i => $"{graph.Labels.Reference(session, i)}: {graph.TypeNameOf(held[i])}")
            .ShouldBe(["user: str", "items: list"], ignoreOrder: true);
        await service.SettledAsync(before);
    }

    [Theory]
    [InlineData("answer")]
    [InlineData("epoll")]
    [InlineData("join")]
    [InlineData("spin")]
    [InlineData("busy")]
    public async Task It_is_entered_whatever_its_threads_do(string mode)
    {
        await using var service = await PythonService.StartAsync("python3", mode);
        var before = await service.SettingsAsync();
        var graph = await CaptureAsync(service.Target);
        graph.Roots.ShouldContain(r => r.Name == "module __main__.ACTIVE");
        await service.SettledAsync(before);
    }

    [Fact]
    public async Task An_interpreter_that_lets_nobody_in_is_told_so_and_holds_no_sample()
    {
        await using var service = await PythonService.StartAsync("python3", "answer");
        await using var session = await Runtime.AttachAsync(service.Target, default);
        await service.HoldAsync();

        TimeoutException? told = null;
        for (var attempt = 0; attempt < 1000 && told is null; attempt++)
        {
            try
            {
                await session.SampleAsync(new SignalSample(), default);
                await Task.Delay(10);
            }
            catch (TimeoutException e)
            {
                told = e;
            }
        }

        told.ShouldNotBeNull().Message.ShouldContain("enable-threads");
        (
            await Should.ThrowAsync<TimeoutException>(async () =>
                await session.SampleAsync(new SignalSample(), default)
            )
        ).Message.ShouldContain("let nobody in");
        session.Methods.ShouldContain(MappingsCapture.Method);
    }

    [Fact]
    public async Task A_program_that_traces_its_own_allocations_goes_on_doing_so()
    {
        await using var service = await PythonService.StartAsync(
            "python3",
            "epoll",
            "import tracemalloc; tracemalloc.start(3)"
        );
        var before = await service.SettingsAsync();
        await using (var session = await Runtime.AttachAsync(service.Target, default))
        {
            await CaptureAsync(session);
            await service.GrowAsync(3000);
            await CaptureAsync(session);
            await CaptureAsync(session);
        }

        before.ShouldContain("tracing: True");
        before.ShouldContain("frames: 3");
        await service.SettledAsync(before);
    }

    [Theory]
    [MemberData(nameof(Interpreters))]
    public async Task Pools_that_few_objects_keep_are_told_from_full_ones(string interpreter)
    {
        // 120,000 objects of one size class, all of them alive or one in fifty: the others are gone, their pools are not.
        const string made =
            "class Part:\n    __slots__ = ('a', 'b', 'c')\nparts = [Part() for _ in range(120000)]\nKEPT = parts{0}\ndel parts";
        var full = await PoolsAsync(string.Format(CultureInfo.InvariantCulture, made, ""));
        var sparse = await PoolsAsync(string.Format(CultureInfo.InvariantCulture, made, "[::50]"));

        full.Remedy.ShouldBeNull();
        sparse.Finding.ShouldMatch(@"^Python's small objects lie in \d+ pools of (4|16) KiB and fill \d+ % of them");
        sparse.Remedy.ShouldNotBeNull().Action.ShouldContain("max_requests");
        // 56 or 64 bytes each: five to eight megabytes, nearly all of it unused.
        sparse.Value.ShouldBeGreaterThan(full.Value + (4 << 20));

        async Task<HeapDivision> PoolsAsync(string before)
        {
            await using var service = await PythonService.StartAsync(interpreter, "answer", before);
            var settings = await service.SettingsAsync();
            HeapDivision pools;
            await using (var session = await Runtime.AttachAsync(service.Target, default))
            {
                pools = (await session.DivideAsync(default)).ShouldHaveSingleItem();
            }

            await service.SettledAsync(settings);
            return pools;
        }
    }

    [Fact]
    public async Task The_live_heap_is_weighed_and_collections_are_counted()
    {
        await using var service = await PythonService.StartAsync("python3", "epoll");
        await using var session = await Runtime.AttachAsync(service.Target, default);
        var sample = new SignalSample();
        for (var tries = 0; tries < 600 && !sample.Has(Signal.LiveHeap); tries++)
        {
            await session.SampleAsync(sample, default);
            await Task.Delay(100);
        }

        sample[Signal.LiveHeap].ShouldBeInRange(1 << 20, 64 << 20);
        sample[Signal.GcCount].ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public async Task Unbounded_caches_are_counted_by_their_entries_and_bounded_ones_are_not()
    {
        const string caches = """
            import functools
            @functools.lru_cache(maxsize=None)
            def unbounded(n): return [n]
            @functools.lru_cache(maxsize=50)
            def bounded(n): return [n]
            for n in range(300): unbounded(n), bounded(n)
            """;
        await using var service = await PythonService.StartAsync("python3", "epoll", caches);
        await using var session = await Runtime.AttachAsync(service.Target, default);
        var sample = new SignalSample();
        for (var tries = 0; tries < 600 && !sample.Has(Signal.CacheEntries); tries++)
        {
            await session.SampleAsync(sample, default);
            await Task.Delay(100);
        }

        sample[Signal.CacheEntries].ShouldBeGreaterThanOrEqualTo(300);
        sample[Signal.CacheEntries].ShouldBeLessThan(350);
    }

    [Fact]
    public async Task Requests_are_read_from_the_port_on_which_the_service_shows_them()
    {
        const string page = """
            import http.server, threading

            class Page(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200 if self.path == "/metrics" else 404)
                    self.end_headers()
                    if self.path == "/metrics":
                        self.wfile.write(b'http_requests_total{path="/a"} 42\nhttp_requests_total{path="/metrics"} 9\n')
                def log_message(self, *rest):
                    pass

            threading.Thread(target=http.server.HTTPServer(("127.0.0.1", 0), Page).serve_forever, daemon=True).start()
            """;
        await using var service = await PythonService.StartAsync("python3", "answer", page);
        await using var session = await Runtime.AttachAsync(service.Target, default);
        var sample = new SignalSample();
        // A page that does not answer a busy machine in time is looked for again 20 seconds later.
        for (var wait = 0; wait < 900 && !sample.Has(Signal.Requests); wait++)
        {
            await session.SampleAsync(sample, default);
            await Task.Delay(100);
        }

        sample[Signal.Requests].ShouldBe(42);
    }

    [Fact]
    public async Task Uncollected_cycles_are_told_where_the_collector_is_off()
    {
        const string cycles = """
            import gc
            gc.disable()
            class Node:
                def __init__(self): self.me = self
            for _ in range(100): Node()
            """;
        await using var service = await PythonService.StartAsync("python3", "epoll", cycles);
        var graph = await CaptureAsync(service.Target);
        var root = graph.Roots.Single(r => r.Kind == RootKind.FinalizerQueue);
        root.Name.ShouldBe("uncollected cycles (gc is disabled)");
        graph.References(root.Node).ToArray().Count(n => graph.TypeNameOf(n) == "__main__.Node").ShouldBe(100);
    }

    [Fact]
    public async Task A_program_that_loaded_the_agent_itself_is_reached_over_its_socket()
    {
        var folder = Directory.CreateTempSubdirectory("tidemark-agent").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "tidemark_agent.py"), AgentSource.Module);
        var environment = new Dictionary<string, string> { ["PYTHONPATH"] = folder, ["TMPDIR"] = folder };
        await using (
            var service = await PythonService.StartAsync(
                "python3",
                "epoll",
                "import tidemark_agent; tidemark_agent.listen()",
                environment
            )
        )
        {
            var before = await service.SettingsAsync();
            (await PythonProcess.TryConnectAsync(service.Pid, default))!.Dispose();
            var graph = await CaptureAsync(service.Target);
            graph.Roots.ShouldContain(r => r.Name == "module __main__.ACTIVE");
            await service.SettledAsync(before);
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What 3.14 is told to run; every version can.</summary>
    [Theory]
    [MemberData(nameof(Interpreters))]
    public async Task The_script_that_calls_back_serves_until_it_is_hung_up_on(string interpreter)
    {
        var folder = Directory.CreateTempSubdirectory("tidemark-call").FullName;
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder + "/s"));
        listener.Listen(1);
        await File.WriteAllTextAsync(folder + "/agent.py", AgentSource.ForSocketPath(folder + "/s"));
        var before = $"""
            def call_back():
                names = dict()
                exec(open("{folder}/agent.py").read(), names)
                assert set(names) == set(["__builtins__"]), names
            call_back()
            """;
        await using (var service = await PythonService.StartAsync(interpreter, "busy", before))
        {
            // It has called by now, or never will.
            var connection = await listener.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(60));
            await using (var agent = new AgentConnection(connection, service.Pid))
            {
                // The script has long ended by the second question.
                for (var asked = 0; asked < 2; asked++)
                {
                    (await agent.AskAsync("hello", "{}", null, default)).GetProperty("agent").GetInt32().ShouldBe(1);
                }

                var frames = 0;
                await agent.AskAsync(
                    "graph",
                    "{}",
                    (_, _) =>
                    {
                        frames++;
                        return default;
                    },
                    default
                );
                frames.ShouldBeGreaterThan(10);
            }

            // The agent's thread ends with the connection, and takes its callback and its file with it.
            var state = await service.StateAsync();
            for (var tries = 0; tries < 300 && state.GetProperty("threads").GetInt32() > 6; tries++)
            {
                await Task.Delay(100);
                state = await service.StateAsync();
            }

            state.GetProperty("threads").GetInt32().ShouldBe(6);
            state.GetProperty("callbacks").GetInt32().ShouldBe(0);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_process_without_Python_is_not_recognised()
    {
        using var sleep = Process.Start("sleep", "60");
        (await Runtime.RecognisesAsync(new Target(sleep.Id, null, "sleep"), default)).ShouldBeFalse();
        sleep.Kill();
    }

    [Fact]
    public async Task A_process_that_is_not_there_is_told_as_gone() =>
        await Should.ThrowAsync<TargetGoneException>(() =>
            Runtime.AttachAsync(new Target(int.MaxValue, null, "nobody"), default)
        );

    [Fact]
    public async Task A_stopped_process_is_refused_with_one_line_and_goes_on_unharmed()
    {
        await using var service = await PythonService.StartAsync("python3", "answer");
        var before = await service.SettingsAsync();
        Send("STOP", service.Pid);
        for (var wait = 0; wait < 600 && LinuxProcess.Find(service.Pid)!.State != 'T'; wait++)
        {
            await Task.Delay(50);
        }

        var refused = await Should.ThrowAsync<AttachFailedException>(() =>
            Runtime.AttachAsync(service.Target, default)
        );

        refused.Message.ShouldContain("could not be entered");
        Send("CONT", service.Pid);
        await service.SettledAsync(before);
    }

    [Fact]
    public async Task A_process_that_ends_while_it_is_watched_is_told_as_gone()
    {
        await using var service = await PythonService.StartAsync("python3", "epoll");
        await using var session = await Runtime.AttachAsync(service.Target, default);
        await service.KillAsync();
        await Should.ThrowAsync<TargetGoneException>(async () =>
        {
            for (var tries = 0; tries < 600; tries++)
            {
                await session.SampleAsync(new SignalSample(), default);
                await Task.Delay(50);
            }
        });
    }

    [Fact]
    public async Task A_capture_to_a_place_that_cannot_be_written_fails_and_leaves_no_file()
    {
        await using var service = await PythonService.StartAsync("python3", "epoll");
        await using var session = await Runtime.AttachAsync(service.Target, default);
        await Should.ThrowAsync<CaptureFailedException>(() =>
            session.CaptureAsync(session.Methods[0], "/nowhere/at/all.pyheap.gz", default)
        );
    }

    [Theory]
    [MemberData(nameof(Interpreters))]
    public async Task Dicts_that_grow_while_they_are_written_do_no_harm(string interpreter)
    {
        // Threads that add to large dicts get their turn at every collection, and those begin wherever a container is allocated.
        const string growing = """
            import gc, threading, time
            class Book:
                def __init__(self): self.rows = {n: str(n) for n in range(30_000)}
            BOOKS = [Book() for _ in range(3)]
            def add(book):
                number = 0
                while True:
                    number -= 1
                    book.rows[number] = None
                    time.sleep(0.0001)
            for book in BOOKS:
                threading.Thread(target=add, args=(book,), daemon=True).start()
            gc.set_threshold(50, 5, 50)
            """;
        await using var service = await PythonService.StartAsync(interpreter, "epoll", growing);
        await using var session = await Runtime.AttachAsync(service.Target, default);
        for (var round = 0; round < 3; round++)
        {
            var (graph, notes) = await CaptureWithNotesAsync(session);
            notes.ShouldNotContain(n => n.Contains("attempt", StringComparison.Ordinal));
            notes.ShouldNotContain(n => n.Contains("could not be described", StringComparison.Ordinal));
            var books = graph.Roots.Single(r => r.Name == "module __main__.BOOKS").Node;
            graph.References(books).Length.ShouldBe(3);
        }
    }

    [Fact]
    public async Task What_the_agent_cannot_do_leaves_the_connection_in_step()
    {
        await using var service = await PythonService.StartAsync("python3", "busy");
        var before = await service.SettingsAsync();
        var (agent, _) = await PythonRuntime.OpenAsync(service.Pid, default);
        await using (agent)
        {
            var failure = await Should.ThrowAsync<AgentFailedException>(() =>
                agent.AskAsync("graph", """{"seconds":"many"}""", null, default)
            );
            failure.Message.ShouldContain("TypeError");
            agent.IsBroken.ShouldBeFalse();
            (await agent.AskAsync("hello", "{}", null, default)).GetProperty("agent").GetInt32().ShouldBe(1);

            // Nor does it matter what becomes of the content.
            await Should.ThrowAsync<InvalidDataException>(() =>
                agent.AskAsync("graph", "{}", (_, _) => throw new InvalidDataException("full"), default)
            );
            agent.IsBroken.ShouldBeFalse();
            (await agent.AskAsync("hello", "{}", null, default)).GetProperty("agent").GetInt32().ShouldBe(1);
        }

        await service.SettledAsync(before);
    }

    [Fact]
    public async Task A_connection_that_is_out_of_step_is_opened_anew()
    {
        await using var service = await PythonService.StartAsync("python3", "busy");
        var before = await service.SettingsAsync();
        await using (var session = await Runtime.AttachAsync(service.Target, default))
        {
            using (var soon = new CancellationTokenSource())
            {
                var path = Path.Combine(Path.GetTempPath(), $"tidemark-{Guid.NewGuid():N}.pyheap.gz");
                var capture = session.CaptureAsync(session.Methods[0], path, soon.Token);
                await soon.CancelAsync();
                await Should.ThrowAsync<OperationCanceledException>(() => capture);
                File.Exists(path).ShouldBeFalse();
            }

            var sample = new SignalSample();
            for (var tries = 0; tries < 600 && !sample.Has(Signal.LiveHeap); tries++)
            {
                await session.SampleAsync(sample, default);
                await Task.Delay(50);
            }

            sample.Has(Signal.LiveHeap).ShouldBeTrue();
            var (_, notes) = await CaptureWithNotesAsync(session);
            notes.ShouldContain("the connection to the agent was lost and opened anew");
        }

        await service.SettledAsync(before);
    }

    private static async Task<HeapGraph> CaptureAsync(Target target)
    {
        await using var session = await Runtime.AttachAsync(target, default);
        return await CaptureAsync(session);
    }

    private static async Task<HeapGraph> CaptureAsync(RuntimeSession session) =>
        (await CaptureWithNotesAsync(session)).Graph;

    private static async Task<(HeapGraph Graph, IReadOnlyList<string> Notes)> CaptureWithNotesAsync(
        RuntimeSession session
    )
    {
        var path = Path.Combine(Path.GetTempPath(), $"tidemark-{Guid.NewGuid():N}.pyheap.gz");
        try
        {
            var began = Stopwatch.GetTimestamp();
            var outcome = await session.CaptureAsync(session.Methods[0], path, default);
            outcome.Pause!.Value.ShouldBeInRange(TimeSpan.FromTicks(1), Stopwatch.GetElapsedTime(began));
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var file = DumpFile.Open(path);
            return (((HeapSnapshot)DumpFormats.Detect(file)!.Read(file, ReadContext.Quiet)).Graph, outcome.Notes);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Send(string name, int pid) => Process.Start("kill", ["-" + name, $"{pid}"]).WaitForExit();
}
