namespace Tidemark.Core.Allocation;

/// <summary>What one column of a profile counts, such as <c>inuse_space</c> in <c>bytes</c>.</summary>
public sealed record SampleType(string Name, string Unit)
{
    /// <summary>Bytes that were live when the profile was taken.</summary>
    public static SampleType InUseSpace { get; } = new("inuse_space", "bytes");

    /// <summary>Objects that were live when the profile was taken.</summary>
    public static SampleType InUseObjects { get; } = new("inuse_objects", "count");

    /// <summary>Bytes allocated since the process (or the profiler) started, freed ones included.</summary>
    public static SampleType AllocSpace { get; } = new("alloc_space", "bytes");

    /// <summary>Objects allocated since the process (or the profiler) started, freed ones included.</summary>
    public static SampleType AllocObjects { get; } = new("alloc_objects", "count");

    /// <summary>Goroutines that existed when the profile was taken.</summary>
    public static SampleType Goroutines { get; } = new("goroutine", "count");

    /// <summary>Bytes that the stacks of those goroutines take.</summary>
    public static SampleType GoroutineSpace { get; } = new("goroutine_space", "bytes");
}

/// <summary>A function as its profile names it.</summary>
/// <param name="Name">Its full name; empty where only an address is known.</param>
/// <param name="File">Its source file, empty where unknown.</param>
/// <param name="StartLine">The line on which it begins, 0 where unknown.</param>
/// <param name="SystemName">Its mangled name where that differs, empty otherwise.</param>
public readonly record struct Function(string Name, string File, int StartLine = 0, string SystemName = "");

/// <summary>One line of a call stack.</summary>
/// <param name="Function">A number into <see cref="AllocationProfile.Functions"/>.</param>
/// <param name="Line">The line in the function's file, 0 where unknown.</param>
/// <param name="IsInlined">True where the compiler put this call into the frame that follows it in the stack.</param>
/// <param name="Address">The instruction's address, 0 where the format has none. Inlined frames share the address of their caller.</param>
/// <param name="Module">A number into <see cref="AllocationProfile.Modules"/>, -1 where unknown.</param>
public readonly record struct Frame(
    int Function,
    int Line,
    bool IsInlined = false,
    ulong Address = 0,
    int Module = AllocationProfile.None
);

/// <summary>A mapped executable or library.</summary>
/// <param name="File">Its path, such as <c>/usr/bin/app</c> or <c>[vdso]</c>.</param>
/// <param name="BuildId">Its build id, empty where unknown.</param>
/// <param name="Start">Where it was mapped.</param>
/// <param name="Limit">The first address behind it.</param>
/// <param name="Offset">The offset in the file that is mapped at <paramref name="Start"/>, in bytes.</param>
public sealed record Module(string File, string BuildId = "", ulong Start = 0, ulong Limit = 0, ulong Offset = 0)
{
    /// <summary>True where the profile holds function names for its addresses.</summary>
    public bool HasFunctions { get; init; }
}

/// <summary>Something said of a stack beyond its frames: either a text or a number with its unit.</summary>
public readonly record struct Label(string Key, string? Text, long Number = 0, string Unit = "");

/// <summary>What a profile says of itself as a whole.</summary>
public sealed record ProfileHeader
{
    /// <summary>The name of the column that is shown unless another is asked for; null for the last one.</summary>
    public string? DefaultSampleType { get; init; }

    /// <summary>What is counted between two samples, such as <c>space</c> in <c>bytes</c>; null where everything is recorded.</summary>
    public SampleType? PeriodType { get; init; }

    /// <summary>How much of that lies between two samples on average, such as 524288 bytes.</summary>
    public long Period { get; init; }

    /// <summary>When it was taken; null where it does not say.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    /// <summary>The time that it covers; zero for a snapshot.</summary>
    public TimeSpan Duration { get; init; }

    public IReadOnlyList<string> Comments { get; init; } = [];

    /// <summary>True for a census: its stacks are no calls, but one type (or one part of the memory) each, with what is live of it.</summary>
    public bool IsCensus { get; init; }

    /// <summary>A regular expression over whole function names: such frames, and what they called, are left out of reports.</summary>
    public string DropFrames { get; init; } = "";

    /// <summary>Exceptions from <see cref="DropFrames"/>.</summary>
    public string KeepFrames { get; init; } = "";
}
