namespace Tidemark.Core.Allocation;

/// <summary>How finely a call graph tells its nodes apart.</summary>
public enum Granularity
{
    /// <summary>One node a function name, as <c>top</c> shows it.</summary>
    Functions,

    /// <summary>One node a line of a function, as <c>list</c> shows it.</summary>
    Lines,
}

/// <summary>What one node of a call graph stands for.</summary>
/// <param name="Function">The function's name; empty where only an address was known.</param>
/// <param name="File">Its source file (the first one met), empty where unknown.</param>
/// <param name="Line">The line at <see cref="Granularity.Lines"/>, 0 otherwise.</param>
/// <param name="StartLine">The line on which the function begins, 0 where unknown.</param>
/// <param name="Module">The mapped file, where there is no function name.</param>
public readonly record struct NodeName(string Function, string File, int Line, int StartLine, string Module)
{
    /// <summary>What is printed: the function's name, or <c>[libfoo.so]</c>, or <c>&lt;unknown&gt;</c>.</summary>
    public string Text =>
        Function.Length > 0 ? Function
        : Module.Length > 0 ? $"[{Module[(Module.LastIndexOf('/') + 1)..]}]"
        : "<unknown>";
}

/// <summary>Maps the frames of a profile to the nodes of its call graph and adds up flat and cumulative values.</summary>
/// <remarks>
/// Counts as pprof does: flat is what a stack's innermost frame stands for; cum counts a stack once for every node on it,
/// however often the node recurs.
/// </remarks>
public sealed class FunctionTable
{
    private readonly AllocationProfile profile;
    private readonly int[] nodeOfFrame;
    private readonly List<NodeName> names = [];

    public FunctionTable(AllocationProfile profile, Granularity granularity = Granularity.Functions)
    {
        ArgumentNullException.ThrowIfNull(profile);
        this.profile = profile;
        var numbers = new Dictionary<NodeName, int>();
        var frames = profile.Frames;
        var functions = profile.Functions;
        nodeOfFrame = new int[frames.Length];
        for (var f = 0; f < frames.Length; f++)
        {
            ref readonly var frame = ref frames[f];
            ref readonly var function = ref functions[frame.Function];
            var module = frame.Module >= 0 ? profile.Modules[frame.Module].File : "";
            var name =
                granularity == Granularity.Lines
                    ? new NodeName(function.Name, function.File, frame.Line, function.StartLine, module)
                    : new NodeName(function.Name, "", 0, 0, function.Name.Length > 0 ? "" : module);
            if (!numbers.TryGetValue(name, out var node))
            {
                node = names.Count;
                numbers.Add(name, node);
                names.Add(granularity == Granularity.Lines ? name : name with { File = function.File });
            }

            nodeOfFrame[f] = node;
        }
    }

    /// <summary>How many nodes there are.</summary>
    public int Count => names.Count;

    public NodeName Name(int node) => names[node];

    /// <summary>The node of each frame.</summary>
    public ReadOnlySpan<int> NodeOfFrame => nodeOfFrame;

    /// <summary>Adds up one value a stack.</summary>
    /// <returns>Flat and cum, one a node.</returns>
    public (long[] Flat, long[] Cum) Sum(ReadOnlySpan<long> values)
    {
        var flat = new long[Count];
        var cum = new long[Count];
        var seenIn = new int[Count];
        for (var s = 0; s < profile.StackCount; s++)
        {
            var value = values[s];
            var stack = profile.Stack(s);
            if (value == 0 || stack.IsEmpty)
            {
                continue;
            }

            flat[nodeOfFrame[stack[0]]] += value;
            foreach (var frame in stack)
            {
                var node = nodeOfFrame[frame];
                if (seenIn[node] != s + 1)
                {
                    seenIn[node] = s + 1;
                    cum[node] += value;
                }
            }
        }

        return (flat, cum);
    }
}
