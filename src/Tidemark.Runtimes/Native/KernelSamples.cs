using System.Globalization;

namespace Tidemark.Runtimes.Native;

/// <summary>The lines that the probes' script prints, added up: <c>+ ADDRESS SIZE</c> with a stack behind it, a line a frame, <c>- ADDRESS</c>, and <c>= CALLS</c> some times a second.</summary>
internal sealed class KernelSamples
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> numbers = new(StringComparer.Ordinal);
    private readonly List<ulong[]> stacks = [];
    private readonly List<(long Size, int Stack)> all = [];
    private readonly Dictionary<ulong, int> live = [];
    private readonly List<ulong> frames = [];
    private (ulong Address, long Size)? open;

    /// <summary>So many times a second the script tells how many calls there were.</summary>
    public const int CountsASecond = 4;

    /// <summary>The most calls that were made in a second.</summary>
    public long MostCallsASecond { get; private set; }

    /// <summary>A stack with what was allocated there, as far as the samples tell.</summary>
    internal readonly record struct Row(ulong[] Stack, long LiveObjects, long LiveBytes, long Objects, long Bytes);

    public void Add(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        lock (gate)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words is ["+", var at, var size] && Hex(at) is { } address && Number(size) is { } bytes)
            {
                Close();
                open = (address, bytes);
            }
            else if (words is ["-", var gone] && Hex(gone) is { } released)
            {
                Close();
                live.Remove(released);
            }
            else if (words is ["=", var calls] && Number(calls) is { } made)
            {
                MostCallsASecond = Math.Max(MostCallsASecond, made * CountsASecond);
            }
            else if (words.Length == 0)
            {
                Close();
            }
            else if (open is not null && Hex(words[0]) is { } frame)
            {
                frames.Add(frame);
            }
        }
    }

    /// <summary>Each sample stands for so many like it as its odds to be one were small: its size out of the period.</summary>
    public IReadOnlyList<Row> ToRows(long period)
    {
        lock (gate)
        {
            var rows = new (double LiveObjects, double LiveBytes, double Objects, double Bytes)[stacks.Count];
            foreach (var (size, stack) in all)
            {
                var stands = Math.Max(1, (double)period / Math.Max(1, size));
                rows[stack].Objects += stands;
                rows[stack].Bytes += stands * size;
            }

            foreach (var (size, stack) in live.Values.Select(i => all[i]))
            {
                var stands = Math.Max(1, (double)period / Math.Max(1, size));
                rows[stack].LiveObjects += stands;
                rows[stack].LiveBytes += stands * size;
            }

            return
            [
                .. rows.Select(
                    (r, i) =>
                        new Row(
                            stacks[i],
                            (long)Math.Round(r.LiveObjects),
                            (long)Math.Round(r.LiveBytes),
                            (long)Math.Round(r.Objects),
                            (long)Math.Round(r.Bytes)
                        )
                ),
            ];
        }
    }

    private void Close()
    {
        if (open is not var (address, size) || frames.Count == 0)
        {
            return;
        }

        frames[0]--; // a return address, as the others are: what calls stands before it
        var key = string.Join(' ', frames);
        if (!numbers.TryGetValue(key, out var stack))
        {
            numbers[key] = stack = stacks.Count;
            stacks.Add([.. frames]);
        }

        live[address] = all.Count;
        all.Add((size, stack));
        open = null;
        frames.Clear();
    }

    private static ulong? Hex(string word) =>
        ulong.TryParse(
            word.StartsWith("0x", StringComparison.Ordinal) ? word.AsSpan(2) : word,
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out var value
        )
            ? value
            : null;

    private static long? Number(string word) =>
        long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
