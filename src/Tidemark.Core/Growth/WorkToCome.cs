namespace Tidemark.Core.Growth;

/// <summary>The work that is to come: it goes on as it did over the last whole days, and rises and falls with the day.</summary>
/// <remarks>
/// Of less than a day the mean that was seen is that of a morning, or of a night. A mean and a daily wave are fitted to what was seen, and the wave is
/// believed the less the less was seen of it (ridge regression); by how much the rest is uncertain is told as well.
/// </remarks>
internal sealed class WorkToCome
{
    /// <summary>A wave is expected to be about this share of the mean.</summary>
    private const double Wave = 0.35;

    /// <summary>How far an interval is off the wave, as a share of the mean; neighbours stray together, so that each counts for little.</summary>
    private const double Stray = 0.8;

    /// <summary>A wave never takes more than this share of the mean away.</summary>
    private const double MostWave = 0.9;

    private const double Day = 24 / (2 * Math.PI);
    private const int Size = 3;

    private readonly double[] covariance = new double[Size * Size];
    private readonly double[] wave = new double[Size];

    private WorkToCome() { }

    /// <param name="hours">When each interval is.</param>
    /// <param name="rates">The pace of the work in each interval; NaN where it is not known.</param>
    /// <param name="unit">What of that counts as one.</param>
    /// <param name="window">So many of the last hours tell what is to come.</param>
    public static WorkToCome? Of(ReadOnlySpan<double> hours, ReadOnlySpan<double> rates, double unit, double window)
    {
        var (seen, mean) = (0, 0.0);
        for (var i = rates.Length - 1; i >= 0 && hours[^1] - hours[i] <= window; i--)
        {
            (seen, mean) = double.IsNaN(rates[i]) ? (seen, mean) : (seen + 1, mean + rates[i]);
        }

        mean /= seen;
        if (!(mean > 0))
        {
            return null;
        }

        var own = new WorkToCome();
        Span<double> along = stackalloc double[Size];
        Span<double> column = stackalloc double[Size];
        along.Clear();
        var inverse = own.covariance.AsSpan();
        const double Known = 1 / (Stray * Stray);
        for (var i = rates.Length - 1; i >= 0 && hours[^1] - hours[i] <= window; i--)
        {
            if (double.IsNaN(rates[i]))
            {
                continue;
            }

            var (sine, cosine) = Math.SinCos((hours[i] - hours[^1]) / Day);
            (column[0], column[1], column[2]) = (1, cosine, sine);
            for (var a = 0; a < Size; a++)
            {
                along[a] += Known * column[a] * rates[i] / mean;
                for (var b = 0; b < Size; b++)
                {
                    inverse[(a * Size) + b] += Known * column[a] * column[b];
                }
            }
        }

        inverse[Size + 1] += 1 / (Wave * Wave);
        inverse[(2 * Size) + 2] += 1 / (Wave * Wave);
        SmallMatrix.Invert(inverse, Size);
        SmallMatrix.Multiply(inverse, along, own.wave, Size);
        var most = MostWave * own.wave[0] / double.Hypot(own.wave[1], own.wave[2]);
        for (var a = 0; a < Size; a++)
        {
            own.wave[a] *= unit * mean * (a > 0 ? Math.Min(1, most) : 1);
        }

        foreach (ref var value in inverse)
        {
            value *= unit * mean * unit * mean;
        }

        return own;
    }

    /// <summary>How much will be done in so many hours.</summary>
    public double In(double hours)
    {
        Span<double> column = stackalloc double[Size];
        Fill(column, hours);
        return (wave[0] * column[0]) + (wave[1] * column[1]) + (wave[2] * column[2]);
    }

    /// <summary>How uncertain that is, as a variance of its logarithm.</summary>
    public double Variance(double hours)
    {
        Span<double> column = stackalloc double[Size];
        Fill(column, hours);
        var done = In(hours);
        return SmallMatrix.Square(covariance, column, Size) / (done * done);
    }

    /// <summary>The integrals of mean and wave over the hours to come.</summary>
    private static void Fill(Span<double> column, double hours)
    {
        var (sine, cosine) = Math.SinCos(hours / Day);
        (column[0], column[1], column[2]) = (hours, Day * sine, Day * (1 - cosine));
    }
}
