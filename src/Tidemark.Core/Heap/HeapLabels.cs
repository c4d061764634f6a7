using Tidemark.Core.Suspects;

namespace Tidemark.Core.Heap;

/// <summary>Names that a heap graph can give on demand; they are looked up only for what is shown.</summary>
public abstract class HeapLabels
{
    /// <summary>A graph without names beyond those of its types.</summary>
    public static HeapLabels None { get; } = new NoLabels();

    /// <summary>
    /// The field, index or key through which <paramref name="from"/> holds its reference number <paramref name="ordinal"/>
    /// (counted in <see cref="HeapGraph.References"/>), an index as <c>[3]</c>; null where the dump does not tell.
    /// </summary>
    public abstract string? Reference(int from, int ordinal);

    /// <summary>True where all references of a type's objects are told by indexes, without a look at any of them.</summary>
    public virtual bool IsIndexedType(int type) => false;

    /// <summary>What tells this object from others of its type: a class's name, a thread's name, a string's beginning, a function's name; null where nothing does.</summary>
    public abstract string? Describe(int node);

    /// <summary>The call stack that allocated the object, innermost first; null where the dump does not tell.</summary>
    public virtual IReadOnlyList<CodeSite>? AllocationStack(int node) => null;

    /// <summary>Where a thread is, innermost frame first; empty for any other object and where the dump does not tell.</summary>
    public virtual IReadOnlyList<string> ThreadStack(int node) => [];

    /// <summary>True for a type whose objects stand for memory outside of the heap, such as direct buffers.</summary>
    public virtual bool StandsForOutsideMemory(int type) => false;

    /// <summary>Bytes outside of the heap that this object, of such a type, stands for. Asked for in ascending order it costs one look at the dump.</summary>
    public virtual long OutsideBytes(int node) => 0;

    /// <summary>The beginning of an array of characters, in quotation marks; null for any other object and where the dump does not keep it.</summary>
    public virtual string? Text(int node) => null;

    /// <summary>
    /// Shows every object whose content can be compared, with a hash of its content: texts and arrays of primitives. Costs a pass over
    /// the dump.
    /// </summary>
    /// <returns>False where the dump does not keep contents.</returns>
    public virtual bool VisitContents(ContentVisitor visit, CancellationToken cancellation) => false;

    /// <summary>True where equal hashes of <see cref="VisitContents"/> mean equal contents whatever the objects' types and sizes are.</summary>
    public virtual bool ContentTellsAll => false;

    /// <summary>False where the dump keeps only the beginning of the object's content: what is called equal then is equal as far as that goes.</summary>
    public virtual bool IsContentWhole(int node) => true;

    private sealed class NoLabels : HeapLabels
    {
        public override string? Reference(int from, int ordinal) => null;

        public override string? Describe(int node) => null;
    }
}
