using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Jvm;

/// <summary>How much of the Java heap is in memory: what the JVM has committed but never touched costs nothing yet.</summary>
/// <remarks>
/// A JVM commits a sixty-fourth of the machine at its start and touches it little by little, so the footprint rises
/// while the committed heap stands still. Held against this figure, growth inside and outside of the heap are told apart.
/// </remarks>
internal sealed class ResidentHeap(LinuxProcess process, HeapInfo heap)
{
    private readonly SparingReader sparing = new();

    /// <summary>False once the page tables could not be read.</summary>
    public bool IsVisible { get; private set; } = true;

    /// <summary>Bytes in memory; null where it is not yet time to look again, or that may not be seen.</summary>
    public long? Read() => sparing.Read(ReadNow);

    /// <summary>Bytes in memory at this moment; null where that may not be seen.</summary>
    public long? ReadNow()
    {
        var resident = process.ReadResidentBytes(heap.From, heap.To);
        IsVisible = resident is not null;
        return resident;
    }
}
