using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Captures;
using Tidemark.Diagnosis.Cases;
using Tidemark.Diagnosis.Checklist;
using Tidemark.Formats.Smaps;

namespace Tidemark.Diagnosis;

/// <summary>From what a case has gathered to the answer: the same for a watch that has just ended, was cut off, or is long over.</summary>
public static class CaseAnalysis
{
    private const long LeastBytes = 16 << 10;
    private const long LeastCount = 100;

    /// <param name="file">What the case says of itself.</param>
    /// <param name="folder">Where its captures are.</param>
    /// <param name="history">What was seen.</param>
    /// <param name="knowledge">What is known of the target's runtime.</param>
    /// <param name="options">Options of the verdict.</param>
    public static Diagnosis Analyze(
        CaseFile file,
        string folder,
        ProcessHistory history,
        RuntimeKnowledge knowledge,
        GrowthOptions options
    )
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(history);
        var notes = new List<string>(file.Notes);
        var series = CaptureReader.Read(file, folder, knowledge, notes);
        var graphs = GrowthAnalyzer.Analyze(history, options);
        // What grows in a heap that nobody can walk is outside of what the captures show as well.
        var isOutside = graphs.Kind == GrowthKind.NativeLeak || file.HiddenHeap is not null;
        var suspects = SuspectMerge.Of(series, knowledge, isOutside);
        if (
            series.Select(s => s.Snapshots.ProfileDiff).FirstOrDefault(d => d?.Growth.DefaultIndex >= 0) is { } profiles
        )
        {
            suspects = HiddenCallers.Name(suspects, profiles, knowledge);
        }

        if (graphs.Kind == GrowthKind.Fragmentation)
        {
            suspects = FragmentationCase.Suspects(series, knowledge, suspects);
            notes.AddRange(FragmentationCase.Remedies(knowledge, file.Division));
        }

        if (ServerCase.Of(file.Target.Name, knowledge) is { } server)
        {
            suspects = ServerCase.Advise(suspects, server);
            if (graphs.IsLeaking)
            {
                notes.Insert(0, $"{file.Target.Name}: {server.Next}");
            }
        }

        if (file.HiddenHeap is { } hidden)
        {
            notes.Insert(0, hidden);
            // It lies there, so that says more than the advice for any native program.
            var anonymous = AnonymousMappings(series);
            suspects = [.. suspects.Select(s => anonymous.Contains(s.Subject) ? s with { Advice = hidden } : s)];
        }

        if (graphs.Kind == GrowthKind.Steady)
        {
            // Where nothing grows, the small change between two captures is nobody's fault.
            suspects = [.. suspects.Where(s => s.GrowthBytes >= LeastBytes || s.GrowthCount >= LeastCount)];
        }

        var verdict = VerdictRefinement.Refine(graphs, history, series, suspects, file.Division);
        if (file.Children is { } children)
        {
            verdict = verdict with { Evidence = [.. verdict.Evidence, new Evidence("children", children)] };
        }

        if (file.Killed is { } killed)
        {
            verdict = verdict with
            {
                Evidence = [.. verdict.Evidence, new Evidence(Signal.Limit.Describe().Name, killed)],
            };
        }

        return new Diagnosis(
            file.Target,
            history,
            verdict,
            suspects,
            EightSteps.Answer(history, verdict, suspects, file),
            file.Captures,
            notes
        )
        {
            Children = file.Children,
            Series = series,
        };
    }

    private static HashSet<string> AnonymousMappings(IReadOnlyList<CaptureSeries> series) =>
        [
            .. series
                .Where(s => s.Captures[^1].Format == "smaps")
                .SelectMany(s => s.Snapshots.Profiles)
                .SelectMany(p => SmapsFormat.NamesOf(p, RegionKind.Anonymous)),
        ];
}
