using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Allocation;
using Tidemark.Tests;

namespace Tidemark.Peers.Tests;

/// <summary>A row of a profile's text report.</summary>
/// <param name="Flat">What the function allocated itself.</param>
/// <param name="Cum">With what it called: one value where it was put into others, and one where it was not.</param>
internal sealed record ReportRow(long Flat, IReadOnlyList<long> Cum);

/// <summary>Reads what jeprof and google-pprof print, and puts our answer beside it under the same names.</summary>
internal static partial class PprofScripts
{
    /// <summary>The rows of <c>--text --show_bytes</c> by function, with the names as short as both know them.</summary>
    public static Dictionary<string, ReportRow> Rows(string tool, string column, string program, string profile)
    {
        var rows = new Dictionary<string, ReportRow>(StringComparer.Ordinal);
        foreach (var line in Tool.Run(tool, $"--text --show_bytes --{column} {program} {profile}").Split('\n'))
        {
            if (Row().Match(line) is { Success: true } match)
            {
                Add(rows, match.Groups[3].Value, Number(match.Groups[1]), Number(match.Groups[2]));
            }
        }

        return rows;

        static long Number(Group group) => long.Parse(group.ValueSpan, CultureInfo.InvariantCulture);
    }

    public static Dictionary<string, ReportRow> Rows(AllocationProfile profile, string column)
    {
        var table = new FunctionTable(profile);
        var (flat, cum) = table.Sum(profile.Values(profile.IndexOf(column)));
        var rows = new Dictionary<string, ReportRow>(StringComparer.Ordinal);
        for (var i = 0; i < table.Count; i++)
        {
            if (flat[i] != 0 || cum[i] != 0)
            {
                Add(rows, table.Name(i).Text, flat[i], cum[i]);
            }
        }

        return rows;
    }

    /// <summary>Flat values of one name add up; a function that was put into some callers only has two rows there and one here.</summary>
    private static void Add(Dictionary<string, ReportRow> rows, string function, long flat, long cum)
    {
        var name = ShortName(function);
        var row = rows.GetValueOrDefault(name, new ReportRow(0, []));
        rows[name] = new ReportRow(row.Flat + flat, [.. row.Cum, cum]);
    }

    /// <summary>Inlined functions have no scope there, and libraries' ones a version.</summary>
    public static string ShortName(string function)
    {
        var name = function.Split(" (inline)")[0].Split('@')[0].Replace("__GI_", "", StringComparison.Ordinal);
        while (Brackets().Replace(name, "") is var shorter && shorter != name)
        {
            name = shorter;
        }

        return name[(name.LastIndexOf("::", StringComparison.Ordinal) is var colons and >= 0 ? colons + 2 : 0)..];
    }

    [GeneratedRegex(@"^\s*(-?\d+)\s+\S+%\s+\S+%\s+(-?\d+)\s+\S+%\s+(.*)$")]
    private static partial Regex Row();

    [GeneratedRegex(@"\([^()]*\)|<[^<>]*>")]
    private static partial Regex Brackets();
}
