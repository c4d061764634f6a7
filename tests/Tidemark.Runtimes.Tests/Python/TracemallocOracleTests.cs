using System.Diagnostics;
using System.Globalization;
using Tidemark.Formats;
using Tidemark.Formats.Tracemalloc;

namespace Tidemark.Runtimes.Tests.Python;

/// <summary>Python itself is asked for the same statistics on the same files, and must say the same row for row.</summary>
public sealed class TracemallocOracleTests : IDisposable
{
    private const string Oracle = """
        import random, sys, tracemalloc
        old, new, answers = sys.argv[1:]
        def snapshot(seed, count):
            dice = random.Random(seed)
            traces = []
            for _ in range(count):
                frames = tuple(("/srv/m%d.py" % dice.randrange(6), dice.randrange(1, 9)) for _ in range(dice.randrange(1, 6)))
                trace = (dice.randrange(3), dice.choice([16, 32, 64, 5000000000]), frames)
                traces.append(trace + ((len(frames),) if sys.version_info >= (3, 9) else ()))
            return tracemalloc.Snapshot(traces, 5)
        a, b = snapshot(1, 3000), snapshot(2, 3500)
        a.dump(old); b.dump(new)
        with open(answers, "w") as out:
            def frames(stat):
                return ";".join("%s:%d" % (f.filename, f.lineno) for f in reversed(list(stat.traceback)))
            for key, cumulative in [("lineno", 0), ("lineno", 1), ("filename", 0), ("filename", 1), ("traceback", 0)]:
                for s in b.statistics(key, bool(cumulative)):
                    print("statistics", key, cumulative, s.size, s.count, frames(s), file=out)
                for s in b.compare_to(a, key, bool(cumulative)):
                    print("compare", key, cumulative, s.size, s.size_diff, s.count, s.count_diff, frames(s), file=out)
            filters = {
                "inclusive": [tracemalloc.Filter(True, "/srv/m[1-3].py")],
                "lines": [tracemalloc.Filter(False, "*m2*", lineno=3, all_frames=True)],
                "domains": [tracemalloc.DomainFilter(True, 1), tracemalloc.Filter(False, "/srv/m0.py", domain=1)],
            }
            for name, chosen in filters.items():
                for s in b.filter_traces(chosen).statistics("traceback"):
                    print("filter", name, s.size, s.count, frames(s), file=out)
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-tracemalloc").FullName;

    public static TheoryData<string> Interpreters => PythonService.Interpreters();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Interpreters))]
    public async Task Statistics_comparison_and_filters_equal_Pythons_own(string interpreter)
    {
        var (old, now, answers) = (At("old"), At("new"), At("answers"));
        await File.WriteAllTextAsync(At("oracle.py"), Oracle);
        using var python = Process.Start(interpreter, [At("oracle.py"), old, now, answers]);
        await python.WaitForExitAsync();
        python.ExitCode.ShouldBe(0);

        var symbols = new TracemallocSymbols();
        var format = new TracemallocFormat();
        var older = format.ReadSnapshot(DumpFile.Open(old), symbols, ReadContext.Quiet);
        var newer = format.ReadSnapshot(DumpFile.Open(now), symbols, ReadContext.Quiet);
        var rows = new List<string>();
        foreach (
            var (key, cumulative) in (ReadOnlySpan<(TracemallocKey, bool)>)
                [
                    (TracemallocKey.Lineno, false),
                    (TracemallocKey.Lineno, true),
                    (TracemallocKey.Filename, false),
                    (TracemallocKey.Filename, true),
                    (TracemallocKey.Traceback, false),
                ]
        )
        {
            var head = $"{key.ToString().ToLowerInvariant()} {(cumulative ? 1 : 0)}";
            rows.AddRange(
                newer
                    .Statistics(key, cumulative)
                    .Select(s => $"statistics {head} {s.Size} {s.Count} {Frames(newer, key, s.Key)}")
            );
            rows.AddRange(
                newer
                    .CompareTo(older, key, cumulative)
                    .Select(s =>
                        $"compare {head} {s.Size} {s.SizeDiff} {s.Count} {s.CountDiff} {Frames(newer, key, s.Key)}"
                    )
            );
        }

        Filter("inclusive", new TracemallocFilter(true, "/srv/m[1-3].py"));
        Filter("lines", new TracemallocFilter(false, "*m2*", 3, AllFrames: true));
        Filter(
            "domains",
            new TracemallocFilter(true, null, Domain: 1),
            new TracemallocFilter(false, "/srv/m0.py", Domain: 1)
        );
        rows.ShouldBe(await File.ReadAllLinesAsync(answers));

        void Filter(string name, params TracemallocFilter[] filters) =>
            rows.AddRange(
                newer
                    .Filter(filters)
                    .Statistics(TracemallocKey.Traceback)
                    .Select(s => $"filter {name} {s.Size} {s.Count} {Frames(newer, TracemallocKey.Traceback, s.Key)}")
            );
    }

    private static string Frames(TracemallocSnapshot snapshot, TracemallocKey key, int group)
    {
        var symbols = snapshot.Symbols;
        return key switch
        {
            TracemallocKey.Filename => symbols.File(group) + ":0",
            TracemallocKey.Lineno => Line(group),
            _ => string.Join(';', symbols.Traceback(group).ToArray().Select(Line)),
        };

        string Line(int frame) =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{symbols.File(symbols.FileOf(frame))}:{symbols.LineOf(frame)}"
            );
    }

    private string At(string name) => Path.Combine(folder, name);
}
