using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tidemark.Runtimes.Go;

/// <summary>A page of metrics in Prometheus' text format, read for what Go services usually tell there: the names of client_golang, and counters of requests.</summary>
/// <remarks>One line a series: a name, labels in braces, a value, perhaps a time. Series of one name are added up.</remarks>
internal sealed partial class MetricsPage
{
    private static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:"
    );

    private readonly Dictionary<string, double> sums;

    private MetricsPage(Dictionary<string, double> sums) => this.sums = sums;

    /// <summary>How many names there are.</summary>
    public int Count => sums.Count;

    /// <summary>The resident set in bytes, goroutines, and GOMEMLIMIT in bytes; null where they are not told.</summary>
    public double? Resident => this["process_resident_memory_bytes"];

    public int? Goroutines => (int?)this["go_goroutines"];

    /// <summary>Without a limit the runtime tells the largest number there is.</summary>
    public double? MemoryLimit => this["go_gc_gomemlimit_bytes"] is { } limit and < 1L << 62 ? limit : null;

    /// <summary>What the metrics tell of the heap; null where that is not there.</summary>
    public GoMemStats? Statistics =>
        this["go_memstats_heap_alloc_bytes"] is { } alloc && this["go_gc_duration_seconds_count"] is { } collections
            ? new GoMemStats
            {
                HeapAlloc = alloc,
                HeapInuse = this["go_memstats_heap_inuse_bytes"] ?? alloc,
                HeapIdle = this["go_memstats_heap_idle_bytes"] ?? 0,
                HeapReleased = this["go_memstats_heap_released_bytes"] ?? 0,
                StackInuse = this["go_memstats_stack_inuse_bytes"] ?? 0,
                Sys = this["go_memstats_sys_bytes"] ?? alloc,
                NextGc = this["go_memstats_next_gc_bytes"] ?? 0,
                GcCount = (long)collections,
                PauseTotal = TimeSpan.FromSeconds(this["go_gc_duration_seconds_sum"] ?? 0),
            }
            : null;

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
            rest = rest.Trim();
            var value = rest.IndexOf(' ') is > 0 and var space ? rest[..space] : rest;
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                var name = line[..end].ToString();
                sums[name] = sums.GetValueOrDefault(name) + number;
            }
        }

        return new MetricsPage(sums);
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
