using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>Addresses by number are read from the file; numbers by address are in the table.</summary>
internal sealed class HprofIds(HeapContents contents, HeapObjects objects) : ObjectIds
{
    /// <inheritdoc />
    public override ulong Id(int node) => contents.ClassOfNode(node)?.Id ?? objects.Record(node).Id;

    /// <inheritdoc />
    public override int Find(ulong id) => contents.Find(id);
}
