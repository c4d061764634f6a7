using System.Globalization;
using System.Text.Json;

namespace Tidemark.Runtimes.Go;

/// <summary>What Go's runtime tells of its memory (<c>runtime.MemStats</c>), as far as it is needed. Bytes, unless said.</summary>
internal sealed record GoMemStats
{
    private const int PauseRing = 256;

    /// <summary>Heap objects, dead ones that were not swept yet among them.</summary>
    public double HeapAlloc { get; init; }

    /// <summary>Spans with at least one object.</summary>
    public double HeapInuse { get; init; }

    /// <summary>Spans without objects, returned ones among them.</summary>
    public double HeapIdle { get; init; }

    /// <summary>Of these, what was given back to the operating system.</summary>
    public double HeapReleased { get; init; }

    /// <summary>Goroutine stacks.</summary>
    public double StackInuse { get; init; }

    /// <summary>Address space of the runtime, given back memory among it.</summary>
    public double Sys { get; init; }

    /// <summary>The heap size at which the next collection ends.</summary>
    public double NextGc { get; init; }

    /// <summary>Collections since the process started.</summary>
    public long GcCount { get; init; }

    /// <summary>When the last one ended; the epoch where there was none.</summary>
    public DateTimeOffset LastGc { get; init; }

    /// <summary>Stop-the-world time since the process started, where it is told.</summary>
    public TimeSpan? PauseTotal { get; init; }

    /// <summary>The pauses of the last 256 collections; collection n stands at (n + 255) % 256.</summary>
    public IReadOnlyList<long> PauseNanoseconds { get; init; } = [];

    /// <summary>Memory taken from the operating system and not given back.</summary>
    public double Committed => Sys - HeapReleased;

    /// <summary>The pauses of the collections after <paramref name="since"/>, as far as the ring still holds them.</summary>
    public TimeSpan PausesSince(long since)
    {
        var nanoseconds = 0L;
        for (var gc = Math.Max(since + 1, GcCount - PauseRing + 1); gc <= GcCount && PauseNanoseconds.Count > 0; gc++)
        {
            nanoseconds += PauseNanoseconds[(int)((gc + PauseRing - 1) % PauseNanoseconds.Count)];
        }

        return TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    /// <summary>The <c># NAME = VALUE</c> lines at the end of <c>heap?debug=1</c>; null where they are not there.</summary>
    public static GoMemStats? ParseText(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var equals = line.IndexOf(" = ");
            if (line.StartsWith("# ") && equals > 0)
            {
                values[line[2..equals].ToString()] = line[(equals + 3)..].ToString();
            }
        }

        if (!values.ContainsKey("HeapAlloc") || !values.ContainsKey("NumGC"))
        {
            return null;
        }

        return new GoMemStats
        {
            HeapAlloc = Number("HeapAlloc"),
            HeapInuse = Number("HeapInuse"),
            HeapIdle = Number("HeapIdle"),
            HeapReleased = Number("HeapReleased"),
            // In use / taken.
            StackInuse = Number("Stack"),
            Sys = Number("Sys"),
            NextGc = Number("NextGC"),
            GcCount = (long)Number("NumGC"),
            LastGc = Instant((long)Number("LastGC")),
            PauseNanoseconds = Numbers("PauseNs"),
        };

        double Number(string name) =>
            values.TryGetValue(name, out var text)
            && double.TryParse(
                text.AsSpan(0, text.IndexOf(' ') is > 0 and var end ? end : text.Length),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var number
            )
                ? number
                : 0;

        long[] Numbers(string name) =>
            values.TryGetValue(name, out var text)
                ?
                [
                    .. text.Trim('[', ']')
                        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                        .Select(n =>
                            long.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var v) ? v : 0
                        ),
                ]
                : [];
    }

    /// <summary>The <c>memstats</c> of <c>/debug/vars</c>.</summary>
    public static GoMemStats Parse(JsonElement stats)
    {
        return new GoMemStats
        {
            HeapAlloc = Number("HeapAlloc"),
            HeapInuse = Number("HeapInuse"),
            HeapIdle = Number("HeapIdle"),
            HeapReleased = Number("HeapReleased"),
            StackInuse = Number("StackInuse"),
            Sys = Number("Sys"),
            NextGc = Number("NextGC"),
            GcCount = (long)Number("NumGC"),
            LastGc = Instant((long)Number("LastGC")),
            PauseTotal = TimeSpan.FromTicks((long)Number("PauseTotalNs") / TimeSpan.NanosecondsPerTick),
        };

        double Number(string name) =>
            stats.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
                ? value.GetDouble()
                : 0;
    }

    private static DateTimeOffset Instant(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
