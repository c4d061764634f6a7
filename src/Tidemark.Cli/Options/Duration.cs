namespace Tidemark.Cli.Options;

/// <summary>A time span that prints as people type it: help shows the defaults of options.</summary>
public readonly record struct Duration(TimeSpan Span)
{
    public static implicit operator TimeSpan(Duration duration) => duration.Span;

    public TimeSpan ToTimeSpan() => Span;

    public override string ToString() =>
        Span.TotalSeconds < 120 ? Print(Span.TotalSeconds, "s")
        : Span.TotalMinutes < 120 ? Print(Span.TotalMinutes, "m")
        : Print(Span.TotalHours, "h");

    private static string Print(double number, string unit) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{number:0.###}{unit}");
}
