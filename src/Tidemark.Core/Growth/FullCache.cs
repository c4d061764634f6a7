using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>A cache that has met its bound: its entries grew in number, and then no more, though the work went on.</summary>
/// <remarks>
/// The number of entries has no noise, so that its standing still is told sooner than memory can tell it. It must stand for longer, by the
/// work, than it ever did before: at night nothing comes into a cache without a bound either.
/// </remarks>
internal static class FullCache
{
    /// <summary>It grew by this share of its entries in the life that is looked at.</summary>
    private const double Grew = 0.1;

    /// <summary>A new highest number is higher by this share.</summary>
    private const double Higher = 1e-3;

    /// <summary>It stands for this many times as long as it ever did before.</summary>
    private const double TimesBefore = 3;

    /// <summary>And for so many intervals, which come to this share of the life's work.</summary>
    private const int FewestIntervals = 3;
    private const double LeastWork = 0.02;

    /// <summary>The entries in each interval, where the cache is full; null elsewhere.</summary>
    public static double[]? Entries(Bins bins)
    {
        if (bins.IsLiveWatch || bins[Signal.CacheEntries] is not { } entries)
        {
            return null;
        }

        var work = bins.Rate(Signal.Requests);
        var first = bins.FirstOfLastLife;
        var (lowest, highest, last) = (double.NaN, double.NaN, first);
        var (standing, longest, all) = (0.0, 0.0, 0.0);
        for (var i = first; i < bins.Count; i++)
        {
            var done = work is null ? 1 : work[i];
            all += double.IsNaN(done) ? 0 : done;
            standing += double.IsNaN(done) ? 0 : done;
            if (double.IsNaN(entries.High[i]))
            {
                continue;
            }

            lowest = double.IsNaN(lowest) ? entries.High[i] : Math.Min(lowest, entries.High[i]);
            if (!(entries.High[i] <= highest * (1 + Higher)))
            {
                // The work of this interval made it rise.
                standing -= double.IsNaN(done) ? 0 : done;
                longest = Math.Max(longest, standing);
                (highest, last, standing) = (entries.High[i], i, 0);
            }
        }

        var column = bins.Columns.CopyOf(entries.Mean);
        return
            bins.Count - 1 - last >= FewestIntervals
            && standing >= Math.Max(LeastWork * all, TimesBefore * longest)
            && highest - lowest > Grew * highest
            && Explanations.Fill(column)
            ? column
            : null;
    }
}
