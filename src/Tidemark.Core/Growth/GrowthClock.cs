using System.Numerics;
using System.Runtime.InteropServices;
using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>What a course runs by: the age of the process, or the work that it has done.</summary>
/// <param name="Readings">The reading in each interval, in hours; 0 at the start of each life.</param>
/// <param name="Pace">How fast it goes at the end, in hours per hour.</param>
internal sealed record GrowthClock(double[] Readings, double Pace)
{
    /// <summary>How fast it will go where it knows no day: as it did over the last whole days.</summary>
    private double PaceAhead { get; init; } = Pace;

    /// <summary>What is to come, where it goes by requests; asked for by forecasts alone.</summary>
    private Lazy<WorkToCome?>? ToCome { get; init; }

    /// <summary>How far it will go in so many hours, as far as can be told.</summary>
    public double Ahead(double hours) => ToCome?.Value?.In(hours) ?? (hours * PaceAhead);

    /// <summary>How uncertain that is, as a variance of its logarithm.</summary>
    public double Uncertainty(double hours) => ToCome?.Value?.Variance(hours) ?? 0;

    /// <summary>More collections than this many times the usual in one interval were forced.</summary>
    private const double MostCollections = 2;

    /// <summary>Work that is never further from the age than this share of the history is even.</summary>
    private const double Even = 0.015;

    private double[]? logarithms;

    public double End => Readings[^1];

    /// <summary>The furthest reading of any life.</summary>
    public double Furthest { get; } = Readings.Max();

    /// <summary>The logarithm of each reading as a share of the history, for the courses that are powers of it.</summary>
    public double[] Logarithms(Bins bins)
    {
        if (logarithms is null)
        {
            logarithms = bins.Columns.Next();
            var width = new Vector<double>(1 / bins.SpanHours);
            var xs = MemoryMarshal.Cast<double, Vector<double>>(Readings);
            var ys = MemoryMarshal.Cast<double, Vector<double>>(logarithms.AsSpan());
            for (var i = 0; i < xs.Length; i++)
            {
                ys[i] = Vector.Log(Vector.Max(xs[i] * width, new Vector<double>(1e-12)));
            }
        }

        return logarithms;
    }

    public static GrowthClock OfAge(Bins bins) => new(bins.Ages, 1);

    /// <summary>
    /// Requests served in this life, in hours of the average load: what leaks with each request runs by this clock, and the
    /// season of the traffic with it. Null where the requests are not known.
    /// </summary>
    public static GrowthClock? OfWork(Bins bins)
    {
        var requests = bins.Rate(Signal.Requests);
        if ((requests ?? Awake(bins) ?? Collections(bins)) is not { } rate)
        {
            return null;
        }

        var (sum, seen) = (0.0, 0);
        foreach (var r in rate)
        {
            if (!double.IsNaN(r))
            {
                sum += r;
                seen++;
            }
        }

        if (seen < rate.Length / 2 || sum <= 0)
        {
            return null;
        }

        var mean = sum / seen;
        var readings = bins.Columns.Next();
        var (recent, hours) = (0.0, 0.0);
        var (ahead, ofDays) = (0.0, 0.0);
        var days = 24 * Math.Clamp(Math.Floor(bins.SpanHours / 24), 1, 7);
        for (var i = 0; i < rate.Length; i++)
        {
            var isNew = i == 0 || bins.Lives[i] != bins.Lives[i - 1];
            var passed = isNew ? bins.Ages[i] : bins.Hours[i] - bins.Hours[i - 1];
            var work = passed * (double.IsNaN(rate[i]) ? 1 : rate[i] / mean);
            readings[i] = work + (isNew ? 0 : readings[i - 1]);
            if (bins.Hours[^1] - bins.Hours[i] <= 24)
            {
                recent += work;
                hours += passed;
            }

            if (bins.Hours[^1] - bins.Hours[i] <= days)
            {
                ahead += work;
                ofDays += passed;
            }
        }

        // Even work runs as age does: a second clock would tell the same.
        var apart = 0.0;
        for (var i = 0; i < readings.Length; i++)
        {
            apart = Math.Max(apart, Math.Abs(readings[i] - bins.Ages[i]));
        }

        return apart > Even * bins.SpanHours
            ? new GrowthClock(readings, hours > 0 ? recent / hours : 1)
            {
                PaceAhead = ofDays > 0 ? ahead / ofDays : 1,
                ToCome = requests is null
                    ? null
                    : new(() => WorkToCome.Of(bins.Hours, requests, 1 / mean, days), isThreadSafe: false),
            }
            : null;
    }

    /// <summary>Work that was even but for the pauses of the process: one where it ran; null where it never stood still.</summary>
    private static double[]? Awake(Bins bins)
    {
        if (bins.HoursWithoutPauses() is not { } awake)
        {
            return null;
        }

        var rate = new double[awake.Length];
        for (var i = 1; i < rate.Length; i++)
        {
            rate[i] = (awake[i] - awake[i - 1]) / (bins.Hours[i] - bins.Hours[i - 1]);
        }

        return rate;
    }

    /// <summary>
    /// Collections stand for the work while one watches live: they come with every so many allocations. Those that a capture
    /// forces are cut off. Null otherwise.
    /// </summary>
    private static double[]? Collections(Bins bins)
    {
        if (!bins.IsLiveWatch || bins.Rate(Signal.GcCount) is not { } rate)
        {
            return null;
        }

        var seen = rate.Where(r => r > 0).Order().ToArray();
        var most = seen.Length > 0 ? MostCollections * seen[seen.Length / 2] : 0;
        return [.. rate.Select(r => Math.Min(r, most))];
    }
}
