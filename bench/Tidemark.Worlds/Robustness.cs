using System.Globalization;
using System.Text.Json;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Metrics;

namespace Tidemark.Worlds;

/// <summary>
/// How often the verdict on a recorded watch flips when the watch had gone a little differently: begun later, ended earlier,
/// with samples lost, collections missed, gaps and stalls of a loaded machine.
/// </summary>
/// <param name="told">Where the figures go.</param>
internal sealed class Robustness(TextWriter told)
{
    /// <summary>No cut leaves less of a watch than this, in seconds: less is no watch.</summary>
    private const double ShortestWatch = 65;

    /// <summary>What goes differently, each by itself; the last is everything at once.</summary>
    private static readonly string[] Ways =
    [
        "cut",
        "samples lost",
        "collections missed",
        "gaps",
        "stalls",
        "noise",
        "all",
    ];

    /// <summary>Perturbs every history of a folder; the files are named KIND@NAME.csv by what is true.</summary>
    public void Run(string directory, int variants, ulong seed)
    {
        var rightOfWay = new int[Ways.Length];
        var (recordedRight, files) = (0, 0);
        foreach (var file in Directory.EnumerateFiles(directory, "*.csv").Order(StringComparer.Ordinal))
        {
            var history = HistoryFormats.Read(file).Histories.Single();
            var truth = Path.GetFileName(file).Split('@')[0];
            var recorded = Kind(history);
            var answers = new string[variants * Ways.Length];
            Parallel.For(
                0,
                answers.Length,
                new ParallelOptions { MaxDegreeOfParallelism = 2 },
                n => answers[n] = Kind(Perturbed(history, n % Ways.Length, new Dice(seed + (ulong)n)))
            );
            for (var n = 0; n < answers.Length; n++)
            {
                rightOfWay[n % Ways.Length] += IsSame(answers[n], truth) ? 1 : 0;
            }

            recordedRight += IsSame(recorded, truth) ? 1 : 0;
            files++;
            Tell(Path.GetFileNameWithoutExtension(file), truth, recorded, answers);
        }

        told.WriteLine(
            $"{recordedRight} of {files} are told right as recorded; of {variants} variants of each, by what went differently:"
        );
        for (var way = 0; way < Ways.Length; way++)
        {
            told.WriteLine($"{Percent(rightOfWay[way], files * variants)}  {Ways[way]}");
        }

        told.WriteLine($"{Percent(rightOfWay.Sum(), files * variants * Ways.Length)}  together");
    }

    private void Tell(string name, string truth, string recorded, string[] answers)
    {
        var wrong = answers
            .Index()
            .Where(a => !IsSame(a.Item, truth))
            .GroupBy(a => a.Item)
            .OrderByDescending(g => g.Count())
            .Select(g =>
                $"{g.Key} {g.Count()} ({string.Join(", ", g.GroupBy(a => Ways[a.Index % Ways.Length]).Select(w => $"{w.Key} {w.Count()}"))})"
            );
        var good = Percent(answers.Count(a => IsSame(a, truth)), answers.Length);
        told.WriteLine(
            $"{good}  {name}: {(IsSame(recorded, truth) ? "" : $"RECORDED {recorded}; ")}{string.Join("; ", wrong)}"
        );
    }

    private static string Percent(int part, int whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / Math.Max(whole, 1), 5:0.0} %");

    /// <summary>Whether a leak goes into a cache is told by a capture, not by the graphs.</summary>
    private static bool IsSame(string told, string truth) =>
        told == truth || (told is "leak" or "unbounded-cache" && truth is "leak" or "unbounded-cache");

    private static string Kind(ProcessHistory history) =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(GrowthAnalyzer.Analyze(history).Kind.ToString());

    /// <summary>The same watch on another day.</summary>
    private static ProcessHistory Perturbed(ProcessHistory history, int way, Dice dice)
    {
        bool Is(string name) => Ways[way] == name || Ways[way] == "all";
        var times = history.Times;
        var spare = Is("cut") ? Math.Max(times[^1] - times[0] - ShortestWatch, 0) : 0;
        var from = times[0] + dice.Between(0, spare / 2);
        var to = times[^1] - dice.Between(0, spare / 2);
        var lost = Is("samples lost") ? dice.Between(0, 0.4) : 0;
        var lostCollections = Is("collections missed") ? dice.Between(0, 0.3) : 0;
        var gaps = Is("gaps") ? Spells(dice, dice.Count(1, 2), from, to, 2, 8) : [];
        var stalls = Is("stalls") ? Spells(dice, dice.Count(1, 2), from, to, 1, 4) : [];
        var noise = Is("noise") ? 0.004 : 0;
        var builder = new ProcessHistoryBuilder(history.Name);
        var sample = new SignalSample();
        var held = double.NaN;
        for (var i = 0; i < times.Length; i++)
        {
            var at = times[i];
            var live = history.Has(Signal.LiveHeap) ? history.Values(Signal.LiveHeap)[i] : double.NaN;
            // A value that is repeated is no new collection.
            var isNew = !double.IsNaN(live) && live != held;
            held = double.IsNaN(live) ? held : live;
            var misses = isNew && dice.Chance(lostCollections);
            if (at < from || at > to || dice.Chance(lost) || gaps.Exists(g => at > g.At && at < g.At + g.Length))
            {
                continue;
            }

            sample.Clear();
            foreach (var description in Signals.All)
            {
                if (history.Has(description.Signal))
                {
                    sample[description.Signal] = history.Values(description.Signal)[i];
                }
            }

            sample[Signal.Footprint] *= 1 + (noise * dice.Normal());
            if (misses)
            {
                sample[Signal.LiveHeap] = double.NaN;
            }

            // While the machine stands still nothing changes, and all that follows comes later.
            builder.Add(at + stalls.Where(s => at > s.At).Sum(s => s.Length), sample);
        }

        return builder.ToHistory();
    }

    private static List<(double At, double Length)> Spells(
        Dice dice,
        int count,
        double from,
        double to,
        double least,
        double most
    ) => [.. Enumerable.Range(0, count).Select(_ => (dice.Between(from, to), dice.Between(least, most)))];
}
