using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Metrics;

namespace Tidemark.Worlds;

/// <summary>
/// Draws worlds, has the growth engine judge them, and writes truth.csv and answers.json for score.py:
/// <code>worlds OUT [--count N] [--seed S] [--set all] [--replay CUTS] [--replay-every HOURS] [--live] [--csv] [--details] [--speed [--rounds N]] [--only SCENARIO] [--corpus DIR] [--perturb DIR] [--ceiling] [--read-truth]</code>
/// </summary>
public static class Program
{
    public static int Main(string[] args)
    {
        var arguments = new Arguments(args);
        if (arguments.MeasureSpeed)
        {
            Speed(arguments);
            return 0;
        }

        if (arguments.EveryHours is { } every)
        {
            new Replay(Console.Out).Run(
                arguments.Count,
                arguments.Seed,
                new WorldOptions { SignalSet = arguments.SignalSet },
                every
            );
            return 0;
        }

        if (arguments.ShowCeiling)
        {
            new Ceiling(Console.Out).Run(
                arguments.Count,
                arguments.Seed,
                new WorldOptions { SignalSet = arguments.SignalSet }
            );
            return 0;
        }

        if (arguments.ReadTruth)
        {
            new TruthReader(Console.Out).Run(
                arguments.Count,
                arguments.Seed,
                new WorldOptions { SignalSet = arguments.SignalSet }
            );
            return 0;
        }

        if (arguments.Perturb is { } recordings)
        {
            new Robustness(Console.Out).Run(recordings, arguments.Count, arguments.Seed);
            return 0;
        }

        Directory.CreateDirectory(arguments.Out);
        var watch = Stopwatch.StartNew();
        var rows = arguments.Corpus is { } corpus ? OfCorpus(corpus, arguments.WithDetails) : Drawn(arguments);
        if (arguments.Corpus is null)
        {
            File.WriteAllLines(
                Path.Combine(arguments.Out, "truth.csv"),
                [Truth.Header, .. rows.Select(r => r.Truth!.ToCsv())]
            );
        }

        WriteAnswers(Path.Combine(arguments.Out, "answers.json"), rows);
        var spent = rows.Sum(r => r.Seconds);
        Console.Error.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{rows.Count} histories, {watch.Elapsed.TotalSeconds:0.0} s in all, {spent / rows.Count * 1e6:0} us each in the engine"
            )
        );
        return 0;
    }

    private static List<Row> Drawn(Arguments arguments)
    {
        var options = new WorldOptions
        {
            SignalSet = arguments.SignalSet,
            Scenarios = arguments.Only is { } only
                ? [.. Scenarios.All.Where(s => s.Name == only || s.Kind == only)]
                : Scenarios.All,
            Hours = arguments.IsLive ? (40.0 / 3600, 240.0 / 3600) : null,
            Samples = arguments.IsLive ? (60, 300) : null,
            LongShare = arguments.IsLive ? 0 : 0.65,
        };
        var results = new List<Row>[arguments.Count];
        Parallel.For(
            0,
            arguments.Count,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            n =>
            {
                var world = World.Create(arguments.Seed + (ulong)n, options);
                var name = $"w{arguments.Seed + (ulong)n}";
                var rows = results[n] = [];
                for (var cut = 1; cut <= arguments.Cuts; cut++)
                {
                    var until = world.Plan.Hours * cut / arguments.Cuts;
                    var cutName = arguments.Cuts == 1 ? name : $"{name}-{cut:00}";
                    var history = world.History(cutName, until);
                    rows.Add(Row.Of(history, world.TruthAt(cutName, until, name), arguments.WithDetails));
                    if (arguments.WriteCsv)
                    {
                        CsvWriter.Write(Path.Combine(arguments.Out, cutName + ".csv"), history);
                    }
                }
            }
        );
        return [.. results.SelectMany(r => r)];
    }

    /// <summary>Histories a second and core: 24 h at 1 min with all signals, in processor time, after the compiler has settled.</summary>
    private static void Speed(Arguments arguments)
    {
        var options = new WorldOptions
        {
            SignalSet = "all",
            LongShare = 0,
            Hours = (24, 24.01),
            Samples = (1440, 1441),
        };
        var histories = Enumerable
            .Range(0, arguments.Count)
            .Select(n => World.Create(arguments.Seed + (ulong)n, options))
            .Select(w => w.History("w", 24))
            .ToList();
        for (var round = 0; round < arguments.Rounds; round++)
        {
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            foreach (var history in histories)
            {
                GrowthAnalyzer.Analyze(history);
            }

            process.Refresh();
            var spent = (process.TotalProcessorTime - before).TotalSeconds;
            Console.Error.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{histories.Count / spent:0} histories/s, {spent / histories.Count * 1e6:0} us each, {(GC.GetAllocatedBytesForCurrentThread() - allocated) / histories.Count / 1024} KiB each"
                )
            );
        }
    }

    private static List<Row> OfCorpus(string directory, bool withDetails) =>
        [
            .. Directory
                .EnumerateFiles(directory, "*.csv")
                .Order(StringComparer.Ordinal)
                .SelectMany(f => HistoryFormats.Read(f).Histories)
                .Select(h => Row.Of(h, null, withDetails)),
        ];

    private static void WriteAnswers(string path, List<Row> rows)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteStartArray("series");
        foreach (var row in rows)
        {
            row.Write(json);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>One history with its truth and the engine's answer.</summary>
internal sealed record Row(string Name, Truth? Truth, GrowthVerdict Verdict, double Seconds, string[] Details)
{
    public static Row Of(ProcessHistory history, Truth? truth, bool withDetails)
    {
        var began = Stopwatch.GetTimestamp();
        var verdict = GrowthAnalyzer.Analyze(history);
        return new Row(
            history.Name,
            truth,
            verdict,
            Stopwatch.GetElapsedTime(began).TotalSeconds,
            withDetails ? Explain(history) : []
        );
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("target", Name);
        json.WriteStartObject("verdict");
        json.WriteString("kind", Kebab(Verdict.Kind));
        json.WriteString("shape", Kebab(Verdict.Shape));
        json.WriteNumber("confidence", Verdict.Confidence);
        if (Verdict.BytesPerHour is { } rate)
        {
            json.WriteStartObject("bytesPerHour");
            json.WriteNumber("value", rate.Value);
            json.WriteNumber("low", rate.Low);
            json.WriteNumber("high", rate.High);
            json.WriteEndObject();
        }

        if (Verdict.OutOfMemory is { } oom)
        {
            json.WriteStartObject("outOfMemory");
            json.WriteNumber("at", oom.At.ToUnixTimeSeconds());
            json.WriteNumber("earliest", oom.Earliest.ToUnixTimeSeconds());
            if (oom.Latest is { } latest)
            {
                json.WriteNumber("latest", latest.ToUnixTimeSeconds());
            }

            json.WriteEndObject();
        }

        json.WriteStartArray("evidence");
        foreach (var evidence in Verdict.Evidence)
        {
            json.WriteStringValue($"{evidence.Signal}: {evidence.Finding} {evidence.Value}");
        }

        foreach (var detail in Details)
        {
            json.WriteStringValue(detail);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>What the engine saw in each signal, for those who work on it.</summary>
    private static string[] Explain(ProcessHistory history)
    {
        var bins = Bins.Of(history);
        if (bins.Count < 16)
        {
            return [];
        }

        var trends = new ProcessTrends(OutOfMemoryKills.Cut(bins));
        (string Name, Trend? Trend)[] all =
        [
            ("footprint", trends.Footprint),
            ("footprint as seen", trends.FootprintAsSeen),
            ("footprint beyond heap", trends.FootprintBeyondHeap),
            ("outside heap", trends.OutsideHeap),
            ("live", trends.Live),
            ("live as seen", trends.LiveAsSeen),
            ("committed", trends.Committed),
        ];
        return
        [
            FormattableString.Invariant($"load risen {LoadLevel.Risen(trends.Bins):0.00}"),
            .. all.Where(t => t.Trend is not null).Select(t => Line(t.Name, t.Trend!)),
            .. all.Where(t => t.Trend is not null).Select(t => Courses(t.Name, t.Trend!)),
        ];
    }

    private static string Line(string name, Trend t) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {(t.GrowsForEver ? "FOREVER" : t.Grows ? "grows" : "flat")} [{t.Best.Course.Shape} odds={t.Comparison.Odds:0.0} z={t.Best.Errors:0.0} fz={t.Best.FutureErrors:0.0} rise={t.Best.Rise / t.Level:0.000} noise={t.Best.Noise / t.Level:0.0000} fut={t.Best.Future / t.Level:0.000} floors={(t.IsSawtooth ? t.Noise.Samples : 0)} r={t.Noise.Memory:0.00} late={t.Best.RiseAfterStart / t.Level:0.000} best={Describe(t.Comparison.Bounded)} vs {Describe(t.Comparison.Unbounded)} flat={t.Comparison.Flat.Score - t.Comparison.Bounded.Score:0.0}]"
        );

    /// <summary>The likeliest hypotheses of one signal that go on, the best first.</summary>
    private static string Courses(string name, Trend t) =>
        $"courses of {name}: "
        + string.Join(
            "; ",
            t.Comparison.GoingOn.OrderByDescending(c => c.Score)
                .Take(12)
                .Select(c =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Describe(c)} {(c.IsUnbounded ? "on" : "ends")} {c.Score - t.Best.Score:0.0}"
                    )
                )
        );

    private static string Describe(FittedCourse? c) =>
        c is null ? "-" : string.Join('+', c.Course.Parts.Select(p => p.ToString()));

    private static string Kebab<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}

/// <summary>The command line.</summary>
internal sealed class Arguments
{
    public Arguments(string[] args)
    {
        Out = args[0];
        for (var i = 1; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--count":
                    Count = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--seed":
                    Seed = ulong.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--set":
                    SignalSet = args[++i];
                    break;
                case "--replay":
                    Cuts = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--replay-every":
                    EveryHours = double.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--live":
                    IsLive = true;
                    break;
                case "--speed":
                    MeasureSpeed = true;
                    break;
                case "--rounds":
                    Rounds = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--details":
                    WithDetails = true;
                    break;
                case "--csv":
                    WriteCsv = true;
                    break;
                case "--only":
                    Only = args[++i];
                    break;
                case "--corpus":
                    Corpus = args[++i];
                    break;
                case "--ceiling":
                    ShowCeiling = true;
                    break;
                case "--read-truth":
                    ReadTruth = true;
                    break;
                case "--perturb":
                    Perturb = args[++i];
                    break;
                default:
                    throw new ArgumentException($"unknown option {args[i]}");
            }
        }
    }

    public string Out { get; }
    public int Count { get; } = 1000;
    public ulong Seed { get; } = 1;
    public string? SignalSet { get; }
    public double? EveryHours { get; }
    public int Cuts { get; } = 1;
    public bool IsLive { get; }
    public bool MeasureSpeed { get; }
    public int Rounds { get; } = 6;
    public bool ShowCeiling { get; }
    public bool ReadTruth { get; }
    public bool WithDetails { get; }
    public bool WriteCsv { get; }
    public string? Only { get; }
    public string? Corpus { get; }
    public string? Perturb { get; }
}
