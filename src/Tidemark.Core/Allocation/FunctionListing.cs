using System.Text.RegularExpressions;

namespace Tidemark.Core.Allocation;

/// <summary>What one line of a function stands for.</summary>
public readonly record struct LineValue(int Line, long Flat, long Cum);

/// <summary>One function in one source file, line by line.</summary>
/// <param name="Function">Its name.</param>
/// <param name="File">Its source file, empty where unknown.</param>
/// <param name="Flat">The sum over its lines.</param>
/// <param name="Cum">The sum over its lines; a recursive function counts once a line.</param>
/// <param name="FirstLine">The first line worth showing: where the function begins, or a few lines above its first value.</param>
/// <param name="LastLine">The last line worth showing.</param>
/// <param name="Lines">The lines that have a value, in their order.</param>
public sealed record FunctionListing(
    string Function,
    string File,
    long Flat,
    long Cum,
    int FirstLine,
    int LastLine,
    IReadOnlyList<LineValue> Lines
)
{
    private const int Margin = 5;

    /// <summary>The functions whose name matches, by name and file.</summary>
    public static IReadOnlyList<FunctionListing> Of(AllocationProfile profile, int sampleType, Regex functions)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(functions);
        var table = new FunctionTable(profile, Granularity.Lines);
        var (flat, cum) = table.Sum(profile.Values(sampleType));
        return
        [
            .. Enumerable
                .Range(0, table.Count)
                .Where(n => (flat[n] != 0 || cum[n] != 0) && functions.IsMatch(table.Name(n).Function))
                .GroupBy(n => (table.Name(n).Function, table.Name(n).File))
                .OrderBy(g => g.Key.Function, StringComparer.Ordinal)
                .ThenBy(g => g.Key.File, StringComparer.Ordinal)
                .Select(g => Listing(g.Key.Function, g.Key.File, [.. g])),
        ];

        FunctionListing Listing(string function, string file, int[] nodes) =>
            new(
                function,
                file,
                StackRows.Sum(flat, nodes),
                StackRows.Sum(cum, nodes),
                Math.Max(1, nodes.Min(n => First(table.Name(n)))),
                nodes.Max(n => table.Name(n).Line) + Margin,
                [
                    .. nodes
                        .GroupBy(n => table.Name(n).Line)
                        .OrderBy(l => l.Key)
                        .Select(l => new LineValue(l.Key, StackRows.Sum(flat, [.. l]), StackRows.Sum(cum, [.. l]))),
                ]
            );
    }

    private static int First(NodeName name) => name.StartLine > 0 ? name.StartLine : name.Line - Margin;
}
