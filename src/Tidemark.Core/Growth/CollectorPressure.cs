using System.Globalization;
using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>How hard the collector works, in the first and in the last third of the last life: evidence of its own, and never the verdict.</summary>
/// <param name="PauseBefore">The share of the time that the process stood still.</param>
/// <param name="PauseAfter">The same at the end.</param>
/// <param name="CountBefore">Collections an hour; NaN where they are not counted, or nobody asks because the pauses do not rise.</param>
/// <param name="CountAfter">The same at the end.</param>
internal readonly record struct CollectorPressure(
    double PauseBefore,
    double PauseAfter,
    double CountBefore,
    double CountAfter
)
{
    /// <summary>Pauses must have become so many times longer ...</summary>
    private const double Longer = 1.5;

    /// <summary>... and cost at least this share of the time.</summary>
    private const double WorthTelling = 0.01;

    private const int FewestIntervals = 6;

    public bool IsRising => Rises(PauseBefore, PauseAfter);

    public static CollectorPressure? Of(Bins bins)
    {
        var first = bins.FirstOfLastLife;
        var third = (bins.Count - first) / 3;
        if (bins.Rate(Signal.GcPause) is not { } pause || third < FewestIntervals)
        {
            return null;
        }

        var before = Average(pause, first, first + third) / 3600;
        var after = Average(pause, bins.Count - third, bins.Count) / 3600;
        var count = Rises(before, after) ? bins.Rate(Signal.GcCount) : null;
        return new CollectorPressure(
            before,
            after,
            count is null ? double.NaN : Average(count, first, first + third),
            count is null ? double.NaN : Average(count, bins.Count - third, bins.Count)
        );
    }

    public Evidence Tell()
    {
        var counted = double.IsNaN(CountBefore)
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $", and from {CountBefore / 60:0.##} to {CountAfter / 60:0.##} collections a minute"
            );
        return new Evidence(
            Signal.GcPause.Describe().Name,
            string.Create(
                CultureInfo.InvariantCulture,
                $"collection pauses rose from {PauseBefore * 100:0.##} % to {PauseAfter * 100:0.##} % of the time, first third against last{counted}"
            ),
            Math.Round(PauseAfter, 4),
            "share"
        );
    }

    private static bool Rises(double before, double after) => after > Longer * before && after > WorthTelling;

    private static double Average(double[] rates, int from, int to)
    {
        var (sum, known) = (0.0, 0);
        for (var i = from; i < to; i++)
        {
            (sum, known) = double.IsNaN(rates[i]) ? (sum, known) : (sum + rates[i], known + 1);
        }

        return known > 0 ? sum / known : 0;
    }
}
