using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>Memory that was taken for a peak of the live heap and was not given back when the live heap fell: holes between what is left.</summary>
internal static class HeldAfterPeak
{
    /// <summary>The footprint must be this many times the live heap, by the contract.</summary>
    private const double TimesLive = 2;

    /// <summary>For at least so long since the live heap fell.</summary>
    private const double Hours = 1;

    /// <summary>And for this many times as long as the peak itself.</summary>
    private const double TimesPeak = 3;

    /// <summary>Of what was held right after the peak, at least this share is still held: slow to give back is not fragmented.</summary>
    private const double StillHeld = 0.75;

    /// <summary>The peak stood this many times above what is live now.</summary>
    private const double Peak = 1.5;

    /// <summary>The footprint is this much larger than before the peak.</summary>
    private const double Larger = 0.3;

    /// <summary>Of what the peak took, at least this share was kept.</summary>
    private const double Kept = 0.4;

    public static bool Find(Bins bins)
    {
        if (bins[Signal.LiveHeap] is not { } live || bins[Signal.Footprint] is not { } footprint)
        {
            return false;
        }

        var first = bins.FirstOfLastLife;
        var late = first + ((bins.Count - first) * 3 / 4);
        var liveNow = Middle(live.Mean, late, bins.Count);
        var top = 0.0;
        for (var i = first; i < bins.Count; i++)
        {
            top = Math.Max(top, live.High[i]);
        }

        if (!(top > Peak * liveNow))
        {
            return false;
        }

        var halfway = 0.5 * (top + liveNow);
        var from = -1;
        var until = -1;
        for (var i = first; i < bins.Count; i++)
        {
            if (live.High[i] > halfway)
            {
                from = from < 0 ? i : from;
                until = i;
            }
        }

        var since = bins.Hours[^1] - bins.Hours[until];
        if (
            from - first < 2
            || bins.Count - until < 6
            || since < Math.Max(Hours, TimesPeak * (bins.Hours[until] - bins.Hours[from]))
        )
        {
            return false;
        }

        var before = Middle(footprint.Mean, first, from);
        var now = Middle(footprint.Mean, late, bins.Count);
        var rightAfter = Middle(footprint.Mean, until + 1, until + 4);
        return now - before >= StillHeld * (rightAfter - before)
            && now >= TimesLive * liveNow
            && now - before >= Larger * before
            && now - before >= Kept * (top - liveNow);
    }

    private static double Middle(double[] values, int from, int to)
    {
        var known = new List<double>();
        for (var i = from; i < to; i++)
        {
            if (!double.IsNaN(values[i]))
            {
                known.Add(values[i]);
            }
        }

        known.Sort();
        return known.Count > 0 ? known[known.Count / 2] : double.NaN;
    }
}
