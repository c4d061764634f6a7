using System.Globalization;
using System.Text.RegularExpressions;

namespace Tidemark.Runtimes.Jvm;

/// <summary>
/// What the JVM's own accounts say of its memory outside of the heap. It keeps them only where it was started with
/// <c>-XX:NativeMemoryTracking=summary</c>, and they know nothing of what native libraries allocate by themselves.
/// </summary>
internal sealed partial class NativeMemory
{
    private const string Heap = "Java Heap";

    /// <summary>Less is the JVM warming up: compiled code, classes, the collector's tables.</summary>
    private const long WorthTelling = 8 << 20;
    private const int MostAccounts = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly AttachChannel channel;
    private readonly Dictionary<string, long> first;

    private NativeMemory(AttachChannel channel, Dictionary<string, long> first)
    {
        this.channel = channel;
        this.first = first;
    }

    /// <summary>Opens the accounts; null where the JVM keeps none.</summary>
    public static async Task<NativeMemory?> OpenAsync(AttachChannel channel, CancellationToken cancellation) =>
        await ReadAsync(channel, cancellation) is { Count: > 0 } accounts ? new NativeMemory(channel, accounts) : null;

    /// <summary>Which accounts have grown since they were opened, in a sentence; null where none has by much.</summary>
    public async Task<string?> DescribeGrowthAsync(CancellationToken cancellation)
    {
        var grown = (await ReadAsync(channel, cancellation))
            .Where(a => a.Key != Heap)
            .Select(a => (Name: a.Key, Bytes: a.Value - first.GetValueOrDefault(a.Key)))
            .Where(a => a.Bytes > 0)
            .OrderByDescending(a => a.Bytes)
            .ToList();
        var sum = grown.Sum(a => a.Bytes);
        return sum < WorthTelling
            ? null
            : $"native memory tracking: since the watch began the JVM has committed {Mebibytes(sum)} more outside of the heap: {string.Join(", ", grown.Take(MostAccounts).Select(a => $"{a.Name} {Mebibytes(a.Bytes)}{Explanation(a.Name)}"))}";
    }

    /// <summary>Committed bytes by account; empty where there are no accounts.</summary>
    internal static Dictionary<string, long> Parse(string text) =>
        Account()
            .Matches(text)
            .GroupBy(m => m.Groups["name"].Value, StringComparer.Ordinal)
            .ToDictionary(
                g => g.Key,
                g =>
                    g.Sum(m =>
                        long.Parse(m.Groups["committed"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
                        << 10
                    ),
                StringComparer.Ordinal
            );

    private static async Task<Dictionary<string, long>> ReadAsync(AttachChannel channel, CancellationToken cancellation)
    {
        try
        {
            return Parse(await channel.RunAsync("VM.native_memory summary scale=KB", Patience, cancellation));
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return [];
        }
    }

    private static string Explanation(string account) =>
        account switch
        {
            "Other" => " (direct buffers and Unsafe)",
            "Internal" => " (before version 11 direct buffers too)",
            "Thread" => " (stacks: count the threads)",
            "Class" or "Metaspace" => " (class loaders that stay)",
            "Code" => " (compiled code)",
            _ => "",
        };

    private static string Mebibytes(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB");

    // -                     Other (reserved=1234KB, committed=1234KB)
    [GeneratedRegex(
        @"^-\s+(?<name>\w[\w ]*\w) \(reserved=\d{1,15}KB, committed=(?<committed>\d{1,15})KB",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline
    )]
    private static partial Regex Account();
}
