using Tidemark.Core.Series;

namespace Tidemark.Runtimes;

/// <summary>What a capture shows.</summary>
public enum CaptureRole
{
    /// <summary>What is live on the heap, as a graph or by allocation site.</summary>
    Heap,

    /// <summary>Counts and bytes by type only: the cheap look before the dear one.</summary>
    Census,

    /// <summary>Goroutines or other tasks that hold memory by never ending.</summary>
    Tasks,
}

/// <summary>One way to capture the heap of an attached process.</summary>
/// <param name="Name">Its name, such as <c>heap-profile</c>.</param>
/// <param name="Format">The name of the dump format that reads it.</param>
/// <param name="Extension">The usual file ending with the dot, such as <c>.pb.gz</c>.</param>
/// <param name="Role">What it shows.</param>
/// <param name="Title">What it is, for people.</param>
public sealed record CaptureMethod(string Name, string Format, string Extension, CaptureRole Role, string Title)
{
    /// <summary>True where something stays in the target that was not there before, such as a profiler that is loaded: not to be done without a reason.</summary>
    public bool ChangesTarget { get; init; }

    /// <summary>True where it is taken only by somebody who asks for it by its name, never by a watch on its own.</summary>
    public bool OnRequest { get; init; }

    /// <summary>True where it shows nothing but what the live heap counts: no use, and not worth much, where that does not grow.</summary>
    public bool ShowsLiveHeapOnly { get; init; }
}

/// <summary>What a capture is expected to cost the target; said before it is taken.</summary>
/// <param name="Pause">How long the target stands still.</param>
/// <param name="DiskBytes">What the file takes.</param>
/// <param name="TargetBytes">Memory that the target needs on top while it is captured.</param>
public sealed record CaptureEstimate(TimeSpan Pause, long DiskBytes, long TargetBytes);

/// <summary>What a capture did cost.</summary>
/// <param name="Pause">How long the target stood still, as measured; null where it cannot be measured.</param>
/// <param name="Notes">What was left out, lost or changed, each a sentence.</param>
public sealed record CaptureOutcome(TimeSpan? Pause, IReadOnlyList<string> Notes);

/// <summary>An attached process: signals that only its runtime knows, and captures. Disposing leaves the target as it was found.</summary>
public abstract class RuntimeSession : ISignalSource
{
    /// <summary>The ways to capture, cheapest first within a role.</summary>
    public abstract IReadOnlyList<CaptureMethod> Methods { get; }

    /// <summary>
    /// Why no capture shows what is in this process's own heap, which lies in anonymous mappings, a sentence that says what to do instead;
    /// null where captures do.
    /// </summary>
    public virtual string? HiddenHeap => null;

    /// <inheritdoc />
    public abstract ValueTask SampleAsync(SignalSample sample, CancellationToken cancellation);

    /// <summary>Takes out of what the kernel shows of the process what a capture has caused, and would look like growth.</summary>
    public virtual void Correct(SignalSample sample) { }

    /// <summary>
    /// Takes out of the footprint what the kernel counts more than once: a page that is mapped at several addresses counts at each.
    /// Called only where the footprint is the resident set; a control group is charged for each page once.
    /// </summary>
    /// <param name="sample">The footprint.</param>
    /// <param name="shared">The shared memory in it, in bytes.</param>
    public virtual void CorrectShared(SignalSample sample, long shared) { }

    /// <summary>
    /// Has the runtime collect its whole heap, so that the live heap is known as of now. For runtimes that collect their
    /// whole heap so seldom that a short watch sees nothing of it.
    /// </summary>
    /// <returns>How long the target stood still; null where the live heap is known without asking, or cannot be had this way.</returns>
    /// <exception cref="CaptureFailedException">It was refused or failed.</exception>
    public virtual Task<TimeSpan?> CollectAsync(CancellationToken cancellation) => Task.FromResult<TimeSpan?>(null);

    /// <summary>What <see cref="PrepareAsync"/> is going to change in the target, as a sentence; null where there is nothing to prepare.</summary>
    public virtual string? Preparation => null;

    /// <summary>Begins what captures need to have run for a while before the first one; undone when the session is disposed.</summary>
    /// <exception cref="CaptureFailedException">It was refused or failed.</exception>
    public virtual Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>
    /// Has the process give back what it can spare without harm: a full collection, or the allocator's own call for it. Only on
    /// request: it costs a pause, and what is given back is taken again with page faults.
    /// </summary>
    /// <returns>What was done, such as <c>malloc_trim(0)</c>; null where there is no such thing, or it is not possible at the moment.</returns>
    /// <exception cref="CaptureFailedException">It was refused or failed.</exception>
    public virtual async Task<string?> ReleaseAsync(CancellationToken cancellation) =>
        await CollectAsync(cancellation) is null ? null : "a full collection";

    /// <summary>
    /// How the heap is divided: asked for once, at the end of a watch that saw a heap that is fragmented. Costs no more than a sample
    /// or a cheap capture does.
    /// </summary>
    /// <returns>Empty where the runtime does not tell.</returns>
    /// <exception cref="CaptureFailedException">It was refused or failed.</exception>
    public virtual Task<IReadOnlyList<HeapDivision>> DivideAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<HeapDivision>>([]);

    /// <summary>What a capture would cost now.</summary>
    public abstract Task<CaptureEstimate> EstimateAsync(CaptureMethod method, CancellationToken cancellation);

    /// <summary>Captures into a new file with mode 0600.</summary>
    /// <exception cref="CaptureFailedException">It was refused or failed; what was written is removed.</exception>
    /// <exception cref="TargetGoneException">The process ended meanwhile.</exception>
    public abstract Task<CaptureOutcome> CaptureAsync(
        CaptureMethod method,
        string path,
        CancellationToken cancellation
    );

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
