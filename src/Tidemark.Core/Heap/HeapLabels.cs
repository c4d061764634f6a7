using Tidemark.Core.Suspects;

namespace Tidemark.Core.Heap;

/// <summary>Whose variables a scope holds.</summary>
/// <param name="Function">The function's name; null where it has none, or the dump does not tell.</param>
/// <param name="IsOutermost">True for the variables of a whole module: there is one of each.</param>
/// <param name="File">The file of its code; null where only the function by which it is reached tells.</param>
public sealed record ScopeOwner(string? Function, bool IsOutermost, string? File = null)
{
    /// <summary>True for a module that holds its variables under no names.</summary>
    public bool IsModule { get; init; }
}

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

    /// <summary>Of a function where it is defined, of an object where its constructor is; null where the dump does not tell.</summary>
    public virtual CodeSite? Code(int node) => null;

    /// <summary>True for a function as an object.</summary>
    public virtual bool IsFunction(int node) => false;

    /// <summary>False for a reference that the runtime adds itself to the fields which the program has given to an object.</summary>
    public virtual bool IsOwnField(int from, int ordinal) => true;

    /// <summary>The variable of a module that one holds which uses it: its name, as a function's, and its file; null for anything else.</summary>
    /// <param name="module">The module that uses it, or has it.</param>
    /// <param name="cell">What holds the variable's value.</param>
    public virtual CodeSite? Exported(int module, int cell) => null;

    /// <summary>Whose variables a scope holds; null for any other object and where the dump does not tell.</summary>
    public virtual ScopeOwner? ScopeOwner(int node) => null;

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
