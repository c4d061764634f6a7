namespace Tidemark.Reports.Json;

/// <summary>The answer of <c>tidemark diagnose --format json</c>, schema <c>tidemark.diagnosis/v1</c>.</summary>
public sealed record DiagnosisDocument(
    TargetDocument Target,
    ObservedDocument Observed,
    VerdictDocument Verdict,
    IReadOnlyList<SuspectDocument> Suspects,
    IReadOnlyList<ChecklistDocument> Checklist,
    IReadOnlyList<CaptureDocument> Captures,
    string? Report,
    IReadOnlyList<string> Notes
)
{
    public string Schema => "tidemark.diagnosis/v1";

    /// <param name="diagnosis">The answer.</param>
    /// <param name="folder">The case folder, which the captures' files are in; null where they stand as they are.</param>
    /// <param name="report">The HTML page's file, where one was written.</param>
    public static DiagnosisDocument Of(Diagnosis.Diagnosis diagnosis, string? folder, string? report)
    {
        ArgumentNullException.ThrowIfNull(diagnosis);
        return new DiagnosisDocument(
            new TargetDocument(
                diagnosis.Target.Name,
                diagnosis.Target.Runtime,
                diagnosis.Target.Pid,
                diagnosis.Target.Url
            ),
            ObservedDocument.Of(diagnosis.History),
            VerdictDocument.Of(diagnosis.Verdict),
            SuspectDocument.Of(diagnosis.Suspects),
            [
                .. diagnosis.Checklist.Select(c => new ChecklistDocument(
                    c.Step,
                    c.Question,
                    ContractNames.Of(c.Answer),
                    c.Sentence
                )),
            ],
            [
                .. diagnosis.Captures.Select(c => new CaptureDocument(
                    folder is null ? c.File : Path.Combine(folder, c.File),
                    c.Format,
                    Timestamp.Of(c.TakenAt),
                    c.Bytes,
                    c.PauseMilliseconds is { } pause ? Math.Round(pause, 1) : null
                )),
            ],
            report,
            diagnosis.Notes
        );
    }
}

/// <summary>Who was watched.</summary>
public sealed record TargetDocument(string Name, string Runtime, int? Pid, string? Url);

/// <summary>One of the eight answers.</summary>
public sealed record ChecklistDocument(int Step, string Question, string Answer, string Finding);

/// <summary>One capture.</summary>
public sealed record CaptureDocument(string File, string Format, string TakenAt, long Bytes, double? PauseMilliseconds);
