using System.Globalization;
using System.Text.RegularExpressions;

namespace Tidemark.Runtimes.Jvm;

/// <summary>What <c>GC.heap_info</c> prints, which every collector words in its own way; bytes.</summary>
/// <param name="Used">In use now, garbage included.</param>
/// <param name="Committed">Taken from the operating system, touched or not.</param>
/// <param name="From">The heap's first address; 0 where it is not printed (ZGC).</param>
/// <param name="To">The address after its last.</param>
internal sealed partial record HeapInfo(long Used, long Committed, ulong From, ulong To)
{
    public static HeapInfo Parse(string text)
    {
        long used = 0;
        long committed = 0;
        var from = ulong.MaxValue;
        ulong to = 0;
        foreach (var line in text.Split('\n'))
        {
            // Classes live outside of the heap.
            if (
                line.Contains("Metaspace", StringComparison.Ordinal)
                || line.Contains("class space", StringComparison.Ordinal)
            )
            {
                continue;
            }

            if (Sizes().Match(line) is { Success: true } sizes)
            {
                used += Bytes(sizes.Groups["used"]);
                committed += Bytes(sizes.Groups["committed"]);
            }

            foreach (Match address in AddressInRange().Matches(line))
            {
                var value = ulong.Parse(
                    address.Groups["address"].ValueSpan,
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture
                );
                from = Math.Min(from, value);
                to = Math.Max(to, value);
            }
        }

        return from < to ? new HeapInfo(used, committed, from, to) : new HeapInfo(used, committed, 0, 0);
    }

    private static long Bytes(Group group)
    {
        var number = long.Parse(group.ValueSpan[..^1], NumberStyles.None, CultureInfo.InvariantCulture);
        return group.ValueSpan[^1] switch
        {
            'K' => number << 10,
            'M' => number << 20,
            'G' => number << 30,
            _ => number,
        };
    }

    // Serial, Parallel, G1: "... total 204800K, used 35421K". ZGC: "used 124M, capacity 300M". Shenandoah: "300M committed, 46048K used".
    [GeneratedRegex(
        @"total (?<committed>\d{1,15}[KMGB]), used (?<used>\d{1,15}[KMGB])|used (?<used>\d{1,15}[KMGB]), capacity (?<committed>\d{1,15}[KMGB])|(?<committed>\d{1,15}[KMGB]) committed, (?<used>\d{1,15}[KMGB]) used",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Sizes();

    // Each of [0x00000000ed400000, 0x00000000f3800000, 0x00000000f3800000): begin, end of the committed part, end.
    [GeneratedRegex(@"[\[,] ?0x(?<address>[0-9a-f]{1,16})", RegexOptions.NonBacktracking)]
    private static partial Regex AddressInRange();
}
