using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Jvm;

/// <summary>The table of G1's regions as <c>VM.info</c> prints it: how many of each kind are taken from the system, and how full they are; bytes.</summary>
/// <param name="Size">Of one region.</param>
/// <param name="Kinds">By the table's letters: E, S, O, HS, HC, F, ...</param>
internal sealed partial record G1Regions(long Size, IReadOnlyDictionary<string, G1Regions.Kind> Kinds)
{
    /// <summary>A part of the regions that is worth a remedy of its own.</summary>
    private const double TellingShare = 0.25;

    /// <param name="Count">How many regions.</param>
    /// <param name="Used">What is written in them, garbage included.</param>
    internal readonly record struct Kind(int Count, long Used);

    /// <returns>Null where another collector is at work, or the JVM prints no such table (JDK 8).</returns>
    public static G1Regions? Parse(string text)
    {
        var kinds = new Dictionary<string, Kind>(StringComparer.Ordinal);
        var size = 0L;
        foreach (Match row in Row().Matches(text))
        {
            var (bottom, top, end) = (Address(row, "bottom"), Address(row, "top"), Address(row, "end"));
            if (top < bottom || end <= bottom || top > end)
            {
                continue;
            }

            size = end - bottom;
            var name = row.Groups["kind"].Value;
            var kind = kinds.GetValueOrDefault(name);
            kinds[name] = new Kind(kind.Count + 1, kind.Used + (name == "F" ? 0 : top - bottom));
        }

        return kinds.Count == 0 ? null : new G1Regions(size, kinds);
    }

    /// <summary>What the table says of a heap that is fragmented, with what helps.</summary>
    public IReadOnlyList<HeapDivision> Divide()
    {
        var all = Kinds.Values.Sum(k => k.Count);
        var (free, old) = (Of("F"), Of("O"));
        var young = Of("E").Count + Of("S").Count;
        var humongous = Of("HS").Count + Of("HC").Count;
        var found = new List<HeapDivision>
        {
            new(
                Invariant(
                    $"of {all} regions of {Size >> 20} MiB that G1 has taken {free.Count} are free, {young} young, {old.Count} old and {humongous} hold humongous objects"
                ),
                free.Count * Size,
                "bytes",
                free.Count > all * TellingShare
                    ? new Remedy(
                        "-XX:G1PeriodicGCInterval=300000 (JDK 12): most of it is free regions, which a concurrent cycle gives back",
                        "a concurrent cycle every five minutes in which the service was idle; the regions are taken again when the load comes back"
                    )
                    : null
            ),
        };
        if (old.Count > 0)
        {
            found.Add(
                new HeapDivision(
                    Invariant(
                        $"the {old.Count} old regions are filled to {100.0 * old.Used / (old.Count * Size):0} %, garbage included"
                    ),
                    (old.Count * Size) - old.Used,
                    "bytes"
                )
            );
        }

        if (humongous > all * TellingShare)
        {
            found.Add(
                new HeapDivision(
                    Invariant(
                        $"{Of("HS").Count} humongous objects (of half a region and more) take {humongous} regions, each for itself alone"
                    ),
                    humongous * Size,
                    "bytes",
                    new Remedy(
                        Invariant(
                            $"-XX:G1HeapRegionSize={Math.Min(Size * 4, 32 << 20) >> 20}m: objects below half a region share it with others"
                        ),
                        "fewer regions to choose from: pauses are told less exactly"
                    )
                )
            );
        }

        return found;
    }

    private Kind Of(string name) => Kinds.GetValueOrDefault(name);

    private static long Address(Match row, string group) =>
        (long)
            Math.Min(
                ulong.Parse(row.Groups[group].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                long.MaxValue
            );

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    // |   0|0x00000000e0000000, 0x00000000e0100000, 0x00000000e0100000|100%|HS|  |TAMS ...: number, bottom, top, end, full, kind.
    [GeneratedRegex(
        @"^\| *\d{1,9}\|0x(?<bottom>[0-9a-f]{1,16}), 0x(?<top>[0-9a-f]{1,16}), 0x(?<end>[0-9a-f]{1,16})\| *\d{1,3}%\| ?(?<kind>[A-Z]{1,3}) *\|",
        RegexOptions.NonBacktracking | RegexOptions.Multiline
    )]
    private static partial Regex Row();
}
