using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Worlds;

namespace Tidemark.Fleet;

/// <summary>
/// Fills a Prometheus with a fleet of simulated containers whose truth is known, through its remote-write receiver:
/// <code>fleet http://HOST:PORT [--containers 10000] [--leaking 0.05] [--signals footprint|all] [--seed 1] [--truth truth.csv]</code>
/// The histories are 24 h long, one sample a minute, and end now.
/// </summary>
public static class Program
{
    private const int Hours = 24;
    private const int SlotSeconds = 1800;

    public static async Task<int> Main(string[] args)
    {
        var options = new Arguments(args);
        var end = DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60;
        var processes = new (FleetProcess Process, string Truth)[options.Containers];
        Parallel.For(
            0,
            options.Containers,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            n => processes[n] = Draw(n, options, end)
        );
        if (options.Truth is { } path)
        {
            await File.WriteAllLinesAsync(path, processes.Select(p => p.Truth).Prepend(Truth.Header));
        }

        var series = processes.SelectMany(p => p.Process.Series(options.Signals == "all")).ToArray();
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(5) };
        long samples = 0;
        // Slot after slot, as the receiver takes nothing that is much older than what it has.
        for (var slot = end - (Hours * 3600L) - SlotSeconds; slot <= end; slot += SlotSeconds)
        {
            foreach (var batch in series.Chunk(2000))
            {
                var request = new WriteRequest();
                foreach (var one in batch)
                {
                    samples += request.Add(one, slot, slot + SlotSeconds);
                }

                await request.SendAsync(http, options.Url);
            }
        }

        Console.Error.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{options.Containers} containers, {series.Length} series, {samples} samples, ending at {end}"
            )
        );
        return 0;
    }

    /// <summary>The truth's times, moved to where the history was moved.</summary>
    private static string Shifted(string row, double seconds)
    {
        var names = Truth.Header.Split(',');
        var cells = row.Split(',');
        foreach (var time in (string[])["growth_start", "oom_time", "start", "end"])
        {
            var i = Array.IndexOf(names, time);
            if (double.TryParse(cells[i], CultureInfo.InvariantCulture, out var value))
            {
                cells[i] = (value + seconds).ToString("0", CultureInfo.InvariantCulture);
            }
        }

        return string.Join(',', cells);
    }

    private static (FleetProcess Process, string Truth) Draw(int n, Arguments options, long end)
    {
        var dice = new Random(unchecked((options.Seed * 1_000_003) + n));
        var leaks = dice.NextDouble() < options.Leaking;
        var world = World.Create(
            (ulong)((options.Seed * 10_000_000L) + n),
            new WorldOptions
            {
                SignalSet = options.Signals,
                LongShare = 0,
                Hours = (Hours, Hours + 0.01),
                Samples = (1440, 1441),
                Scenarios = [.. Scenarios.All.Where(s => Truth.IsLeaking(s.Kind) == leaks && s.MinimumDays <= 1)],
            }
        );
        var history = world.History("w", Hours);
        var process = new FleetProcess(n, history, end);
        var truth = world.TruthAt(process.Name, Hours, process.Name).ToCsv();
        return (process, Shifted(truth, end - history.Times[^1]));
    }
}

/// <summary>The command line.</summary>
internal sealed class Arguments
{
    public Arguments(string[] args)
    {
        Url = new Uri(args[0]);
        for (var i = 1; i < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--containers":
                    Containers = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--leaking":
                    Leaking = double.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--signals":
                    Signals = args[i + 1];
                    break;
                case "--seed":
                    Seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--truth":
                    Truth = args[i + 1];
                    break;
                default:
                    throw new ArgumentException($"unknown option {args[i]}");
            }
        }
    }

    public Uri Url { get; }
    public int Containers { get; } = 10000;
    public double Leaking { get; } = 0.05;
    public string Signals { get; } = "footprint";
    public int Seed { get; } = 1;
    public string? Truth { get; }
}
