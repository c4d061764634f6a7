using System.Text.Json.Serialization;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Cases;

/// <summary>Who a case is about.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Runtime">The runtime's name, such as <c>go</c>.</param>
/// <param name="Pid">Its process id, where it ran here.</param>
/// <param name="Url">Where it served, where that is known.</param>
public sealed record CaseTarget(string Name, string Runtime, int? Pid, string? Url);

/// <summary>One capture of a case.</summary>
/// <param name="File">Its file's name inside of the case folder.</param>
/// <param name="Format">The dump format that reads it.</param>
/// <param name="Method">The capture method it was taken with; captures of one method can be compared.</param>
/// <param name="TakenAt">When it was taken.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="PauseMilliseconds">How long the target stood still for it, null where that cannot be measured.</param>
public sealed record CaseCapture(
    string File,
    string Format,
    string Method,
    DateTimeOffset TakenAt,
    long Bytes,
    double? PauseMilliseconds
);

/// <summary>How a watch ended.</summary>
public enum CaseEnding
{
    /// <summary>It has not: it goes on, or was cut off.</summary>
    Open,

    /// <summary>All that was to be gathered was.</summary>
    Complete,

    /// <summary>The user stopped it.</summary>
    Interrupted,

    /// <summary>The target ended while it was watched.</summary>
    TargetGone,

    /// <summary>The case folder could not be written any more.</summary>
    StorageFailed,
}

/// <summary>What <c>case.json</c> holds: everything of a case but its samples and its captures.</summary>
public sealed record CaseFile
{
    public const string CurrentSchema = "tidemark.case/v1";

    public string Schema { get; init; } = CurrentSchema;

    public required CaseTarget Target { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long the target was to be watched, in seconds.</summary>
    public required double ForSeconds { get; init; }

    /// <summary>When the target was seen to restart.</summary>
    public IReadOnlyList<DateTimeOffset> Restarts { get; init; } = [];

    public IReadOnlyList<CaseCapture> Captures { get; init; } = [];

    /// <summary>What was left out, failed or must be known, each a sentence.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How the heap was divided at the end, where it was seen to be fragmented.</summary>
    public IReadOnlyList<HeapDivision> Division { get; init; } = [];

    /// <summary>Which of the processes that the target has started grow, a sentence with the command to run next; null where none does.</summary>
    public string? Children { get; init; }

    /// <summary>Why no capture shows what is in the target's own heap, a sentence; null where captures do.</summary>
    public string? HiddenHeap { get; init; }

    /// <summary>That the kernel killed the target for want of memory, a sentence; null where that was not seen.</summary>
    public string? Killed { get; init; }

    public CaseEnding Ending { get; init; }
}

/// <summary>JSON of the case file, compiled ahead so that start-up stays short.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(CaseFile))]
internal sealed partial class CaseJson : JsonSerializerContext;
