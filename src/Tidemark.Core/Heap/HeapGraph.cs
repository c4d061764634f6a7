namespace Tidemark.Core.Heap;

/// <summary>How firmly a reference holds its target.</summary>
public enum ReferenceStrength : byte
{
    /// <summary>Keeps the target alive.</summary>
    Strong,

    /// <summary>Lets go when memory is short (java.lang.ref.SoftReference).</summary>
    Soft,

    /// <summary>Does not keep the target alive.</summary>
    Weak,

    /// <summary>Only waits for the target's end.</summary>
    Phantom,

    /// <summary>Waits to run the target's finalizer, and keeps it until then.</summary>
    Finalizer,
}

/// <summary>Why an object is alive without being referenced from another.</summary>
public enum RootKind : byte
{
    Other,

    /// <summary>A static field or a module-level variable.</summary>
    Static,

    /// <summary>A local variable or a register on a thread's stack.</summary>
    Stack,

    /// <summary>A thread object.</summary>
    Thread,

    /// <summary>A handle of native code: JNI global, GCHandle, persistent handle.</summary>
    Handle,

    /// <summary>An object whose finalizer has not run yet.</summary>
    FinalizerQueue,

    /// <summary>A class or module that the runtime never unloads.</summary>
    SystemClass,

    /// <summary>A monitor that is held or waited for.</summary>
    Monitor,

    /// <summary>Held by the runtime itself.</summary>
    Runtime,
}

/// <summary>One reason why an object is alive.</summary>
/// <param name="Node">The object.</param>
/// <param name="Kind">The reason.</param>
/// <param name="Name">In the field's own words, such as <c>static Acme.Sessions.ById</c> or <c>thread pool-1-thread-3</c>; null where unknown.</param>
public readonly record struct HeapRoot(int Node, RootKind Kind, string? Name);

/// <summary>Names that a heap graph can give on demand; they are looked up only for what is shown.</summary>
public abstract class HeapLabels
{
    /// <summary>A graph without names beyond those of its types.</summary>
    public static HeapLabels None { get; } = new NoLabels();

    /// <summary>The field, index or key through which <paramref name="from"/> holds its reference number <paramref name="ordinal"/> (counted in <see cref="HeapGraph.References"/>); null where the dump does not tell.</summary>
    public abstract string? Reference(int from, int ordinal);

    /// <summary>What tells this object from others of its type: a class's name, a string's beginning, a function's name; null where nothing does.</summary>
    public abstract string? Describe(int node);

    private sealed class NoLabels : HeapLabels
    {
        public override string? Reference(int from, int ordinal) => null;

        public override string? Describe(int node) => null;
    }
}

/// <summary>A reference that does not keep its target alive, kept apart from the strong ones.</summary>
public readonly record struct WeakReferenceEdge(int From, int To, ReferenceStrength Strength);

/// <summary>Objects, their types and sizes, and who holds whom: frozen arrays on dense ids, edges as compressed sparse rows.</summary>
public sealed class HeapGraph
{
    private readonly int[] nodeType;
    private readonly long[] shallow;
    private readonly ulong[] ids;
    private readonly long[] edgeStart;
    private readonly int[] edgeTo;
    private readonly string[] typeNames;

    internal HeapGraph(
        string[] typeNames,
        int[] nodeType,
        long[] shallow,
        ulong[] ids,
        long[] edgeStart,
        int[] edgeTo,
        HeapRoot[] roots,
        WeakReferenceEdge[] weakReferences,
        HeapLabels labels
    )
    {
        this.typeNames = typeNames;
        this.nodeType = nodeType;
        this.shallow = shallow;
        this.ids = ids;
        this.edgeStart = edgeStart;
        this.edgeTo = edgeTo;
        Roots = roots;
        WeakReferences = weakReferences;
        Labels = labels;
    }

    /// <summary>How many objects there are; they are numbered from 0.</summary>
    public int NodeCount => nodeType.Length;

    /// <summary>How many strong references there are.</summary>
    public long ReferenceCount => edgeTo.LongLength;

    public int TypeCount => typeNames.Length;

    public IReadOnlyList<HeapRoot> Roots { get; }

    /// <summary>Soft, weak, phantom and finalizer references.</summary>
    public IReadOnlyList<WeakReferenceEdge> WeakReferences { get; }

    public HeapLabels Labels { get; }

    public string TypeName(int type) => typeNames[type];

    public int TypeOf(int node) => nodeType[node];

    /// <summary>The object's own size in bytes.</summary>
    public long ShallowSize(int node) => shallow[node];

    /// <summary>The object's address or identity in the dump.</summary>
    public ulong Id(int node) => ids[node];

    /// <summary>The objects that this one holds strongly, in the order of the dump; one may occur twice.</summary>
    public ReadOnlySpan<int> References(int node) =>
        edgeTo.AsSpan((int)edgeStart[node], (int)(edgeStart[node + 1] - edgeStart[node]));
}
