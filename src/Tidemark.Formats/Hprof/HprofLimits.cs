namespace Tidemark.Formats.Hprof;

/// <summary>How much a heap dump may hold; what is beyond is refused before it costs memory.</summary>
public sealed record HprofLimits
{
    /// <summary>Objects, classes among them.</summary>
    public int MaxObjects { get; init; } = int.MaxValue - 64;

    /// <summary>Fields of one class with all that it inherits, in bytes of one instance's data.</summary>
    public int MaxInstanceBytes { get; init; } = 16 << 20;

    /// <summary>Damaged places in one file that are stepped over; behind more of them nothing is trusted.</summary>
    public int MaxDamages { get; init; } = 64;

    /// <summary>A name or a text is read as far as this, in bytes.</summary>
    public int MaxTextBytes { get; init; } = 4096;

    /// <summary>Objects of one piece of the file, which is the unit of work; also how far is read for one object's names.</summary>
    public int PieceBytes { get; init; } = 256 << 10;

    /// <summary>Dumps of fewer bytes are read by one thread: to wake another one takes longer.</summary>
    public long LeastShared { get; init; } = 1 << 20;

    /// <summary>Dumps of fewer bytes are read as fast without an index.</summary>
    public long LeastIndexed { get; init; } = 32 << 20;
}
