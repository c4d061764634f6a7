using System.Globalization;
using Tidemark.Core.Series;

namespace Tidemark.Metrics.Prometheus.Signals;

/// <summary>What a metric tells of a process: one of the signals, or when it restarted.</summary>
/// <param name="Name">Its key in the table.</param>
/// <param name="Signal">The signal; null for those that only tell of restarts.</param>
public sealed record SignalRole(string Name, Signal? Signal)
{
    /// <summary>When the process started, in seconds since 1970.</summary>
    public static SignalRole StartTime { get; } = new("start-time", null);

    /// <summary>How often it has restarted.</summary>
    public static SignalRole Restarts { get; } = new("restarts", null);

    public static IReadOnlyList<SignalRole> All { get; } =
    [.. Core.Series.Signals.All.Select(s => new SignalRole(s.Name, s.Signal)), StartTime, Restarts];

    public static SignalRole Of(Signal signal) => All[(int)signal];
}

/// <summary>How several series of one process become one.</summary>
public enum Combination
{
    Sum,
    Max,
    Min,
}

/// <summary>One line of the table: a metric that carries a signal.</summary>
/// <param name="Role">The signal.</param>
/// <param name="Metric">The metric's name.</param>
public sealed record SignalMetric(SignalRole Role, string Metric)
{
    /// <summary>Label matchers that pick the right series, as PromQL writes them without the braces.</summary>
    public string Where { get; init; } = "";

    public Combination Combine { get; init; }

    /// <summary>Values are multiplied by this.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>The value swings between collections: its floor is the signal.</summary>
    public bool IsFloor { get; init; }

    /// <summary>Its label <c>name</c> says which process it is of; elsewhere that label may mean anything.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Values at or below this are no values.</summary>
    public double Above { get; init; } = double.NegativeInfinity;

    /// <summary>Values at or above this are no values.</summary>
    public double Below { get; init; } = double.PositiveInfinity;

    /// <summary>Who exports it.</summary>
    public string From { get; init; } = "";

    /// <summary>The selector of its series among those that the user asks for.</summary>
    public string Selector(params string[] matchers) =>
        $"{Metric}{{{string.Join(',', matchers.Append(Where).Where(m => m.Length > 0))}}}";

    /// <summary>The same, without the values that are none.</summary>
    public string Valid(string selector) =>
        selector
        + (double.IsFinite(Above) ? string.Create(CultureInfo.InvariantCulture, $" > {Above:R}") : "")
        + (double.IsFinite(Below) ? string.Create(CultureInfo.InvariantCulture, $" < {Below:R}") : "");

    /// <summary>A raw value in the signal's unit; NaN where it is no value.</summary>
    public double Read(double raw) =>
        raw > Above && raw < Below && double.IsFinite(raw * Scale) ? raw * Scale : double.NaN;
}
