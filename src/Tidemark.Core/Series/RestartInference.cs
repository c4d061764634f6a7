namespace Tidemark.Core.Series;

/// <summary>Finds restarts that nobody announced, from counters that start over.</summary>
/// <remarks>
/// A counter may also be reset without a restart (an exporter reloads, a library clears its statistics). Two things tell
/// them apart: after a restart every counter starts over, and the footprint starts over with them.
/// </remarks>
public static class RestartInference
{
    /// <summary>A counter below this says nothing when it did not fall: a young process may have reached it again.</summary>
    private const double TellingCount = 20;

    /// <summary>A footprint that moves by less than this share of itself across a reset has not started over.</summary>
    private const double SameFootprint = 0.01;

    /// <summary>The samples at which a new life begins, in rising order; the first sample is not among them.</summary>
    public static IReadOnlyList<int> Find(ProcessHistory history)
    {
        ArgumentNullException.ThrowIfNull(history);
        var counters = Signals.All.Where(s => s.IsCounter && history.Has(s.Signal)).Select(s => s.Signal).ToArray();
        if (counters.Length == 0)
        {
            return [];
        }

        var restarts = new List<int>();
        var last = new double[counters.Length];
        Array.Fill(last, double.NaN);
        var lastFootprint = double.NaN;
        var footprint = history.Values(Signal.Footprint);
        for (var i = 0; i < history.Count; i++)
        {
            var fell = 0;
            var wentOn = 0;
            for (var c = 0; c < counters.Length; c++)
            {
                var value = history.Values(counters[c])[i];
                if (double.IsNaN(value))
                {
                    continue;
                }

                fell += value < last[c] ? 1 : 0;
                wentOn += value >= last[c] && last[c] >= TellingCount ? 1 : 0;
                last[c] = value;
            }

            var now = footprint.IsEmpty ? double.NaN : footprint[i];
            if (fell > 0 && wentOn == 0 && (fell > 1 || Moved(lastFootprint, now)))
            {
                restarts.Add(i);
            }

            lastFootprint = double.IsNaN(now) ? lastFootprint : now;
        }

        return restarts;
    }

    private static bool Moved(double before, double after) =>
        double.IsNaN(before) || double.IsNaN(after) || Math.Abs(after - before) > SameFootprint * before;
}
