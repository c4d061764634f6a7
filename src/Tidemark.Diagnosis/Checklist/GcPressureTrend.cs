using Tidemark.Core.Series;

namespace Tidemark.Diagnosis.Checklist;

/// <summary>How hard the collector worked in the first and in the second half of a watch.</summary>
internal readonly record struct GcPressureTrend(
    double CollectionsPerMinuteBefore,
    double CollectionsPerMinuteAfter,
    double PauseShareBefore,
    double PauseShareAfter
)
{
    // Collections come in bursts: only half as much again is more than chance in a short watch.
    private const double Harder = 1.5;
    private const double WorthMentioning = 0.01;

    /// <summary>True where the second half is clearly the worse one.</summary>
    public bool Rises =>
        (CollectionsPerMinuteAfter > CollectionsPerMinuteBefore * Harder && CollectionsPerMinuteAfter >= 2)
        || (PauseShareAfter > PauseShareBefore * Harder && PauseShareAfter > WorthMentioning);

    /// <summary>Null where there are too few samples to halve.</summary>
    public static GcPressureTrend? Of(ProcessHistory history)
    {
        if (history.LifeCount == 0)
        {
            return null;
        }

        // After a restart the counters begin anew: only the last life can be compared with itself.
        var (start, length) = history.Life(history.LifeCount - 1).GetOffsetAndLength(history.Count);
        var middle = start + (length / 2);
        if (Rate(history, Signal.GcCount, start, middle) is not { } before)
        {
            return null;
        }

        var after = Rate(history, Signal.GcCount, middle, start + length) ?? before;
        return new GcPressureTrend(
            before * 60,
            after * 60,
            Rate(history, Signal.GcPause, start, middle) ?? 0,
            Rate(history, Signal.GcPause, middle, start + length) ?? 0
        );
    }

    /// <summary>What a counter rose by a second between two samples; null where it is missing.</summary>
    private static double? Rate(ProcessHistory history, Signal counter, int from, int to)
    {
        if (!history.Has(counter))
        {
            return null;
        }

        var values = history.Values(counter);
        var first = -1;
        var last = -1;
        for (var i = from; i < to; i++)
        {
            if (!double.IsNaN(values[i]))
            {
                first = first < 0 ? i : first;
                last = i;
            }
        }

        var seconds = first < 0 ? 0 : history.Times[last] - history.Times[first];
        return seconds > 0 ? Math.Max(0, values[last] - values[first]) / seconds : null;
    }
}
