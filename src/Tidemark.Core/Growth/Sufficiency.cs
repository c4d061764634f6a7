using System.Buffers;
using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>Says when a history is too little, too short or too broken for any verdict, and what is missing.</summary>
internal static class Sufficiency
{
    /// <summary>The longest life must hold so many samples: a start-up looks like a leak for about as many.</summary>
    private const int MinimumLifeSamples = 16;

    /// <summary>Sampled at least so often, in seconds, somebody is watching live and wants the best answer now.</summary>
    private const double LiveInterval = 5;

    /// <summary>A graph of less than this is a start-up, whatever it looks like.</summary>
    private const double MinimumMinutes = 40;

    /// <summary>Two samples further apart than this many usual intervals belong to two pieces.</summary>
    private const double Gap = 20;

    /// <summary>The inconclusive verdict, or null where the history is enough.</summary>
    public static GrowthVerdict? Lack(ProcessHistory history, GrowthOptions options)
    {
        var footprint = history.Values(Signal.Footprint);
        var times = history.Times;
        var (seen, longestLife, life) = (0, 0, 0);
        var (shortest, last) = (double.PositiveInfinity, double.NaN);
        for (var l = 0; l < history.LifeCount && !footprint.IsEmpty; l++)
        {
            life = 0;
            var (start, length) = history.Life(l).GetOffsetAndLength(history.Count);
            var at = times.Slice(start, length);
            var own = footprint.Slice(start, length);
            for (var i = 0; i < own.Length; i++)
            {
                if (!double.IsNaN(own[i]))
                {
                    life++;
                    shortest = at[i] - last < shortest ? at[i] - last : shortest;
                    last = at[i];
                }
            }

            seen += life;
            longestLife = Math.Max(longestLife, life);
        }

        return
            seen >= options.MinimumSamples
            && longestLife >= MinimumLifeSamples
            && shortest > 0
            && (last - times[First(footprint)]) / 60 >= MinimumMinutes
            && HasLongPiece(times, footprint, shortest)
            ? null
            : Lack(history, options, longestLife, life);
    }

    private static int First(ReadOnlySpan<double> known)
    {
        var first = 0;
        while (double.IsNaN(known[first]))
        {
            first++;
        }

        return first;
    }

    /// <summary>
    /// Whether there is a long piece whatever the usual interval is, which takes sorting to know: it is no shorter than the shortest.
    /// </summary>
    private static bool HasLongPiece(ReadOnlySpan<double> times, ReadOnlySpan<double> footprint, double shortest)
    {
        var (piece, before) = (0, double.NegativeInfinity);
        for (var i = 0; i < times.Length && piece < MinimumLifeSamples; i++)
        {
            if (!double.IsNaN(footprint[i]))
            {
                piece = times[i] - before > Gap * shortest ? 1 : piece + 1;
                before = times[i];
            }
        }

        return piece >= MinimumLifeSamples;
    }

    private static GrowthVerdict? Lack(ProcessHistory history, GrowthOptions options, int longestLife, int life)
    {
        var footprint = history.Values(Signal.Footprint);
        var times = history.Times;
        var seen = new List<double>(times.Length);
        for (var i = 0; i < footprint.Length; i++)
        {
            if (!double.IsNaN(footprint[i]))
            {
                seen.Add(times[i]);
            }
        }

        var interval = UsualInterval(seen);
        if (seen.Count < options.MinimumSamples)
        {
            return Because(
                $"{seen.Count} samples of the footprint are too few: {options.MinimumSamples} are the least that shows a trend",
                seen.Count,
                (options.MinimumSamples - seen.Count) * interval
            );
        }

        if (longestLife < MinimumLifeSamples)
        {
            return Because(
                $"restarted too often: the longest of {history.LifeCount} lives has {longestLife} samples, and {MinimumLifeSamples} are needed to see past the start",
                longestLife,
                (MinimumLifeSamples - life) * interval
            );
        }

        if (LongestPiece(seen, interval) < MinimumLifeSamples)
        {
            return Because(
                $"too broken: no piece without long gaps has {MinimumLifeSamples} samples",
                seen.Count,
                MinimumLifeSamples * interval
            );
        }

        var minutes = (seen[^1] - seen[0]) / 60;
        return interval > LiveInterval && minutes < MinimumMinutes
            ? Because(
                $"{minutes:0} minutes are too short: a process that starts looks like one that leaks",
                seen.Count,
                (MinimumMinutes - minutes) * 60
            )
            : null;
    }

    private static double UsualInterval(List<double> times)
    {
        if (times.Count < 2)
        {
            return 60;
        }

        var rented = ArrayPool<double>.Shared.Rent(times.Count - 1);
        var steps = rented.AsSpan(0, times.Count - 1);
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = times[i + 1] - times[i];
        }

        var usual = Order.Nth(steps, steps.Length / 2);
        ArrayPool<double>.Shared.Return(rented);
        return usual;
    }

    private static int LongestPiece(List<double> times, double interval)
    {
        var (longest, piece) = (1, 1);
        for (var i = 1; i < times.Count; i++)
        {
            piece = times[i] - times[i - 1] > Gap * interval ? 1 : piece + 1;
            longest = Math.Max(longest, piece);
        }

        return longest;
    }

    private static GrowthVerdict Because(string finding, double value, double seconds) =>
        new(
            GrowthKind.Inconclusive,
            GrowthShape.Flat,
            0.5,
            null,
            null,
            [new Evidence(Signal.Footprint.Describe().Name, finding, value, "count")]
        )
        {
            NeedsMore = TimeSpan.FromSeconds(Math.Max(Math.Ceiling(seconds), 1)),
        };
}
