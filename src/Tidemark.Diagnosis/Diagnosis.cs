using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Captures;
using Tidemark.Diagnosis.Cases;
using Tidemark.Diagnosis.Checklist;

namespace Tidemark.Diagnosis;

/// <summary>The whole answer for one process: the verdict, who is to blame, and the checklist that led there.</summary>
/// <param name="Target">Who was watched.</param>
/// <param name="History">What was seen.</param>
/// <param name="Verdict">What kind of growth it is.</param>
/// <param name="Suspects">What holds the memory, likeliest first.</param>
/// <param name="Checklist">The eight answers, in order.</param>
/// <param name="Captures">The captures taken, oldest first.</param>
/// <param name="Notes">What was left out, failed or must be known to read the answer, each a sentence.</param>
public sealed record Diagnosis(
    CaseTarget Target,
    ProcessHistory History,
    GrowthVerdict Verdict,
    IReadOnlyList<Suspect> Suspects,
    IReadOnlyList<ChecklistAnswer> Checklist,
    IReadOnlyList<CaseCapture> Captures,
    IReadOnlyList<string> Notes
)
{
    /// <summary>Which of the processes that the target has started grow, a sentence with the command to run next; null where none does.</summary>
    public string? Children { get; init; }

    /// <summary>What was read from the captures, one series a capture method: for pictures.</summary>
    public IReadOnlyList<CaptureSeries> Series { get; init; } = [];
}
