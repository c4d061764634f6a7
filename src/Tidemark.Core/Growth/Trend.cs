namespace Tidemark.Core.Growth;

/// <summary>What one signal does in the long run, once season, load and sawtooth are taken away.</summary>
internal sealed record Trend
{
    /// <summary>The course that explains it best.</summary>
    public required GrowthShape Shape { get; init; }

    /// <summary>Whether it grows by more than chance makes of its noise.</summary>
    public required bool Grows { get; init; }

    /// <summary>Whether the best course that goes on for ever beats every one that levels off.</summary>
    public required bool Unbounded { get; init; }

    /// <summary>Growth at the end, bytes per hour.</summary>
    public required Estimate PerHour { get; init; }

    /// <summary>How much it rose over the last life, bytes.</summary>
    public required double Rise { get; init; }

    /// <summary>The standard deviation of what no course explains, bytes.</summary>
    public required double Noise { get; init; }

    /// <summary>The level at the end, bytes.</summary>
    public required double Level { get; init; }

    /// <summary>How many times its standard error the rise is.</summary>
    public required double Significance { get; init; }

    /// <summary>What it will rise in as long again as it was watched, bytes.</summary>
    public required double Future { get; init; }

    /// <summary>By how much the best unbounded course is likelier than the best bounded one, as a logarithm of odds.</summary>
    public required double UnboundedOdds { get; init; }


    /// <summary>Whether only the floors of a sawtooth were looked at.</summary>
    public required bool IsSawtooth { get; init; }

    /// <summary>The log likelihood of the best course, less the cost of its parameters.</summary>
    public required double Score { get; init; }

    public string Note { get; init; } = "";
}
