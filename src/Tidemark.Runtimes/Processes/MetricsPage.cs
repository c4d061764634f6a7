using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidemark.Runtimes.Processes;

/// <summary>A page of metrics in Prometheus' text format, read for what a service counts itself: its requests, and what lies in its caches.</summary>
/// <remarks>
/// One line a series: a name, labels in braces, a value, perhaps a time. Series of one name are added up, but for those that tell of
/// the asking for metrics and profiles: that is our doing, and no load.
/// </remarks>
internal sealed partial class MetricsPage
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:"
    );

    // As the value of a label, or its beginning.
    private static readonly string[] ObservingPaths =
    [
        "\"/metrics\"",
        "\"/actuator/prometheus\"",
        "\"/q/metrics\"",
        "\"/prometheus\"",
        "\"/debug/pprof",
        "\"/debug/vars\"",
    ];

    private readonly Dictionary<string, double> sums;

    private MetricsPage(Dictionary<string, double> sums) => this.sums = sums;

    /// <summary>How many names there are.</summary>
    public int Count => sums.Count;

    /// <summary>The sum of all series of a name; null where there is none.</summary>
    public double? this[string name] => sums.TryGetValue(name, out var sum) ? sum : null;

    /// <summary>The counter that most likely counts the requests served; null where none does.</summary>
    public string? FindRequests() => RequestCounter.Choose(sums);

    /// <summary>Entries of the caches that the service counts; null where it counts none.</summary>
    public double? CacheEntries()
    {
        double? entries = null;
        foreach (var (name, value) in sums)
        {
            if (CacheSize.IsMatch(name))
            {
                entries = (entries ?? 0) + value;
            }
        }

        return entries;
    }

    public static MetricsPage Parse(ReadOnlyMemory<byte> page)
    {
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        var text = Encoding.UTF8.GetString(page.Span);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (
                line.IsEmpty
                || line[0] == '#'
                || line.IndexOfAny('{', ' ') is not (> 0 and var end)
                || !IsName(line[..end])
            )
            {
                continue;
            }

            var rest = line[end] == '{' ? AfterLabels(line[(end + 1)..]) : line[end..];
            var labels = line[end..^rest.Length];
            rest = rest.Trim();
            var value = rest.IndexOf(' ') is > 0 and var space ? rest[..space] : rest;
            if (
                double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && !TellsOfObserving(labels)
            )
            {
                var name = line[..end].ToString();
                sums[name] = sums.GetValueOrDefault(name) + number;
            }
        }

        return new MetricsPage(sums);
    }

    private static bool TellsOfObserving(ReadOnlySpan<char> labels)
    {
        foreach (var path in ObservingPaths)
        {
            if (labels.Contains(path, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsName(ReadOnlySpan<char> name) =>
        !char.IsAsciiDigit(name[0]) && !name.ContainsAnyExcept(NameCharacters);

    /// <summary>A brace in a label's value does not end the labels.</summary>
    private static ReadOnlySpan<char> AfterLabels(ReadOnlySpan<char> labels)
    {
        var quoted = false;
        for (var i = 0; i < labels.Length; i++)
        {
            switch (labels[i])
            {
                case '\\' when quoted:
                    i++;
                    break;
                case '"':
                    quoted = !quoted;
                    break;
                case '}' when !quoted:
                    return labels[(i + 1)..];
            }
        }

        return [];
    }

    [GeneratedRegex(
        @"(^|_)cache(_\w+)?_(entries|items|keys|objects)$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex CacheSize { get; }
}
