using System.Diagnostics;

namespace Tidemark.Reports.Tests.Profiles;

/// <summary>The reports of <c>go tool pprof</c>, for comparison.</summary>
internal static class GoToolPprof
{
    private static readonly string[] OwnLines = ["File: ", "Build ID: ", "Type: ", "Time: ", "Duration: "];

    /// <summary>The lines of a report, without those that describe the file.</summary>
    public static IReadOnlyList<string> Report(params string[] arguments)
    {
        var (status, lines, error) = Run(arguments);
        status.ShouldBe(0, error);
        return lines;
    }

    /// <summary>True where the difference of two profiles, in what is allocated and in what is in use, has samples of a function.</summary>
    public static bool Knows(string function, string before, string after) =>
        Run("-peek", function, "-sample_index=alloc_space", "-base", before, after).Status == 0
        && Run("-list", function, "-base", before, after).Status == 0;

    private static (int Status, IReadOnlyList<string> Lines, string Error) Run(params string[] arguments)
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
        return (pprof.ExitCode, lines, errors.GetAwaiter().GetResult());
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
