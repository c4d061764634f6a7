using System.Diagnostics;

namespace Tidemark.Reports.Tests.Profiles;

/// <summary>The reports of <c>go tool pprof</c>, for comparison.</summary>
internal static class GoToolPprof
{
    private static readonly string[] OwnLines = ["File: ", "Build ID: ", "Type: ", "Time: ", "Duration: "];

    /// <summary>The lines of a report, without those that describe the file.</summary>
    public static IReadOnlyList<string> Report(params string[] arguments)
    {
        using var pprof = Process.Start(
            new ProcessStartInfo("go", ["tool", "pprof", .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var errors = pprof.StandardError.ReadToEndAsync();
        var lines = Lines(pprof.StandardOutput.ReadToEnd());
        pprof.WaitForExit();
        pprof.ExitCode.ShouldBe(0, errors.GetAwaiter().GetResult());
        return lines;
    }

    /// <summary>Names the first line that differs.</summary>
    public static void ShouldEqual(this IReadOnlyList<string> ours, IReadOnlyList<string> theirs)
    {
        foreach (var (our, their) in ours.Zip(theirs))
        {
            our.ShouldBe(their);
        }

        ours.Count.ShouldBe(theirs.Count);
    }

    /// <summary>Calls that gained as much as others lost stand in no order that pprof would keep from run to run.</summary>
    public static IReadOnlyList<string> InAnyOrderWithinBlocks(this IReadOnlyList<string> lines)
    {
        var block = 0;
        return
        [
            .. lines
                .Select(l => (Block: l.StartsWith("-----", StringComparison.Ordinal) ? ++block : block, Line: l))
                .OrderBy(l => l.Block)
                .ThenBy(l => l.Line, StringComparer.Ordinal)
                .Select(l => l.Line),
        ];
    }

    /// <summary>The same of a report of ours.</summary>
    public static IReadOnlyList<string> Lines(string report) =>
        [
            .. report
                .Split('\n')
                .Select(l => l.TrimEnd())
                .Where(l => l.Length > 0 && !OwnLines.Any(o => l.StartsWith(o, StringComparison.Ordinal))),
        ];
}
