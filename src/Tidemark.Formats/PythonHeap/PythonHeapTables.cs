namespace Tidemark.Formats.PythonHeap;

/// <summary>A class, as the capture names it.</summary>
/// <param name="Address">The class object's own address.</param>
/// <param name="Name">Its name with its module, such as <c>shop.sessions.Session</c>.</param>
/// <param name="Kind">How its instances hold others: <c>list</c>, <c>tuple</c>, <c>dict</c>, <c>instance</c> or a builtin's name.</param>
/// <param name="HasDict">True where the first dict among an instance's references is its attributes.</param>
internal readonly record struct PythonType(ulong Address, string Name, string Kind, bool HasDict);

/// <summary>Where the interpreter itself holds on to something.</summary>
/// <param name="Kind"><c>module</c> or <c>frame</c>.</param>
/// <param name="Address">The module or frame.</param>
/// <param name="Name">The module's name, or the thread and function of a frame.</param>
/// <param name="Namespace">The module's dict; 0 for a frame.</param>
internal readonly record struct PythonRoot(string Kind, ulong Address, string Name, ulong Namespace);

/// <summary>One object's references as one block gives them: a run in <see cref="PythonHeapTables.Targets"/>, and for dicts and frames the keys beside it.</summary>
internal readonly record struct ReferenceRun(int Node, byte Kind, int Start, int Count, int KeyStart);

/// <summary>A source line.</summary>
internal readonly record struct PythonLine(string File, int Number);

/// <summary>What a capture holds, in the order in which it was written; objects are numbered as first met.</summary>
internal sealed class PythonHeapTables
{
    public DateTimeOffset? TakenAt { get; set; }

    /// <summary>How many references to each object the agent itself held while it counted.</summary>
    public ulong ReferenceBase { get; set; }

    public bool CollectorIsOn { get; set; } = true;

    public Dictionary<int, PythonType> Types { get; } = [];

    public AddressIndex Address { get; } = new();

    public List<int> TypeOf { get; } = [];

    public List<long> Size { get; } = [];

    /// <summary>References that the interpreter counts; 0 for an object that the collector does not track.</summary>
    public List<ulong> ReferenceCount { get; } = [];

    public List<ReferenceRun> Runs { get; } = [];

    /// <summary>Addresses; not all of them need to be objects of the capture.</summary>
    public List<ulong> Targets { get; } = [];

    public List<ulong> Keys { get; } = [];

    public List<(ulong Owner, ulong Target)> Extra { get; } = [];

    public List<(ulong Owner, ulong Dict)> Namespaces { get; } = [];

    public List<PythonRoot> Roots { get; } = [];

    public Dictionary<ulong, string> Texts { get; } = [];

    /// <summary>The names of the variables in a function's closure, by the address of the tuple that holds their cells.</summary>
    public Dictionary<ulong, string[]> ClosureNames { get; } = [];

    /// <summary>The attribute at each place among an instance's references, by type and number of references.</summary>
    public Dictionary<(int Type, int Count), string?[]> Layouts { get; } = [];

    /// <summary>Allocation stacks, innermost line first, by their number in the capture.</summary>
    public Dictionary<int, PythonLine[]> Sites { get; } = [];

    public Dictionary<ulong, int> SiteOf { get; } = [];

    public Dictionary<PythonLine, string> Functions { get; } = [];
}
