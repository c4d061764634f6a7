namespace Tidemark.Core.Allocation;

/// <summary>The stacks of a profile as one tree from the outermost caller inwards: what a flame graph shows.</summary>
/// <remarks>Node 0 is the root; a node's number is higher than its caller's. Values are inclusive.</remarks>
public sealed class CallTree
{
    private readonly List<int> function = [-1];
    private readonly List<int> caller = [-1];
    private readonly List<long> value = [0];
    private readonly List<long> growth = [0];
    private readonly Dictionary<long, int> callees = [];

    private CallTree(FunctionTable names) => Names = names;

    /// <summary>The functions by the numbers that <see cref="Function"/> gives.</summary>
    public FunctionTable Names { get; }

    /// <summary>How many nodes there are.</summary>
    public int Count => function.Count;

    /// <summary>The function that a node stands for; -1 for the root.</summary>
    public int Function(int node) => function[node];

    /// <summary>The node that calls this one; -1 for the root.</summary>
    public int Caller(int node) => caller[node];

    /// <summary>What the node and all that it calls hold now, in the unit of the column.</summary>
    public long Value(int node) => value[node];

    /// <summary>What that has grown by since the first profile; 0 for a single one.</summary>
    public long Growth(int node) => growth[node];

    /// <summary>The tree of one profile.</summary>
    public static CallTree Of(AllocationProfile profile, int sampleType)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return Of(profile, profile.Values(sampleType), before: []);
    }

    /// <summary>The tree of what profiles hold in the end, with the growth since the first of them.</summary>
    public static CallTree Of(ProfileDiff diff, int sampleType)
    {
        ArgumentNullException.ThrowIfNull(diff);
        return Of(diff.Growth, diff.Now(sampleType), diff.Base(sampleType));
    }

    private static CallTree Of(AllocationProfile profile, ReadOnlySpan<long> now, ReadOnlySpan<long> before)
    {
        var tree = new CallTree(new FunctionTable(profile));
        var nodeOfFrame = tree.Names.NodeOfFrame;
        for (var s = 0; s < profile.StackCount; s++)
        {
            var grown = before.IsEmpty ? 0 : now[s] - before[s];
            if (now[s] == 0 && grown == 0)
            {
                continue;
            }

            var stack = profile.Stack(s);
            var node = 0;
            tree.Add(node, now[s], grown);
            for (var f = stack.Length - 1; f >= 0; f--)
            {
                node = tree.Callee(node, nodeOfFrame[stack[f]]);
                tree.Add(node, now[s], grown);
            }
        }

        return tree;
    }

    private void Add(int node, long bytes, long grown)
    {
        value[node] += bytes;
        growth[node] += grown;
    }

    private int Callee(int node, int called)
    {
        var key = ((long)node << 32) | (uint)called;
        if (!callees.TryGetValue(key, out var callee))
        {
            callees.Add(key, callee = function.Count);
            function.Add(called);
            caller.Add(node);
            value.Add(0);
            growth.Add(0);
        }

        return callee;
    }
}
