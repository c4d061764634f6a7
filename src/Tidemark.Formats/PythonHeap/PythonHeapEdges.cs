using System.Runtime.InteropServices;

namespace Tidemark.Formats.PythonHeap;

/// <summary>One reference of the finished graph, and where in the capture it stands.</summary>
/// <param name="Target">The object referred to, by its number in the graph.</param>
/// <param name="Run">The run of references it is from; -1 for one beside the entries of a dict's subclass.</param>
/// <param name="Place">Its place in that run.</param>
/// <param name="IsKey">True where it leads to a key instead of a value.</param>
internal readonly record struct PythonEdge(int Target, int Run, int Place, bool IsKey);

/// <summary>The capture's references by number instead of address, with attribute dicts made part of their owners: the graph is built from it, and names are looked up in it.</summary>
internal sealed class PythonHeapEdges
{
    private const int None = -1;

    private readonly PythonHeapTables tables;
    private readonly int[] targets;
    private readonly int[] keys;
    private readonly int[] owner;
    private readonly int[] dense;
    private readonly int[] firstRun;
    private readonly int[] nextRun;
    private readonly int[] dictOf;
    private readonly ILookup<int, int> extra;

    public PythonHeapEdges(PythonHeapTables tables)
    {
        this.tables = tables;
        targets = Resolve(tables.Targets);
        keys = Resolve(tables.Keys);
        owner = new int[tables.Address.Count];
        Array.Fill(owner, None);
        dictOf = new int[owner.Length];
        Array.Fill(dictOf, None);
        firstRun = new int[owner.Length];
        Array.Fill(firstRun, None);
        nextRun = new int[tables.Runs.Count];
        for (var r = nextRun.Length - 1; r >= 0; r--)
        {
            var node = tables.Runs[r].Node;
            nextRun[r] = firstRun[node];
            firstRun[node] = r;
        }

        extra = tables
            .Extra.Select(p => (Owner: Node(p.Owner), Target: Node(p.Target)))
            .Where(p => p.Owner >= 0 && p.Target >= 0)
            .ToLookup(p => p.Owner, p => p.Target);
        MergeNamespaces();
        dense = new int[owner.Length];
        var original = new List<int>();
        for (var node = 0; node < owner.Length; node++)
        {
            if (owner[node] == None)
            {
                dense[node] = original.Count;
                original.Add(node);
            }
        }

        Original = [.. original];
    }

    /// <summary>The capture's number of each object of the graph.</summary>
    public int[] Original { get; }

    /// <summary>The graph's number of the object at an address (of its owner, for an attribute dict); -1 where there is none.</summary>
    public int Dense(ulong address) => Node(address) is >= 0 and var node ? DenseOf(node) : None;

    /// <summary>The object that an entry of a run refers to, by the capture's number; -1 where it is not in the capture.</summary>
    public int TargetOf(ReferenceRun run, int place) => targets[run.Start + place];

    /// <summary>The key of an entry, by the capture's number; -1 where there is none.</summary>
    public int KeyOf(ReferenceRun run, int place) => run.KeyStart < 0 ? None : keys[run.KeyStart + place];

    public int DenseOf(int node) => dense[owner[node] == None ? node : owner[node]];

    /// <summary>The size of an object with that of its attribute dict, in bytes.</summary>
    public long SizeOf(int node) => tables.Size[node] + (dictOf[node] == None ? 0 : tables.Size[dictOf[node]]);

    /// <summary>The runs of references that one object of the capture has itself.</summary>
    public IEnumerable<int> RunsOf(int node)
    {
        for (var r = firstRun[node]; r != None; r = nextRun[r])
        {
            yield return r;
        }
    }

    /// <summary>The references of one object and of its attribute dict, those between the two and to the object's class left out.</summary>
    public IEnumerable<PythonEdge> Of(int node)
    {
        var runs = dictOf[node] == None ? RunsOf(node) : RunsOf(node).Concat(RunsOf(dictOf[node]));
        var type = tables.Types[tables.TypeOf[node]].Address;
        foreach (var r in runs)
        {
            var run = tables.Runs[r];
            for (var i = 0; i < run.Count; i++)
            {
                var target = targets[run.Start + i];
                if (target >= 0 && owner[target] != node && tables.Address[target] != type)
                {
                    yield return new PythonEdge(DenseOf(target), r, i, IsKey: false);
                }
            }

            for (var i = 0; run.KeyStart >= 0 && i < run.Count; i++)
            {
                var key = keys[run.KeyStart + i];
                if (key >= 0 && owner[key] != node)
                {
                    yield return new PythonEdge(DenseOf(key), r, i, IsKey: true);
                }
            }
        }

        foreach (var other in extra[node])
        {
            yield return new PythonEdge(DenseOf(other), None, 0, IsKey: false);
        }
    }

    /// <summary>How many references to each object were found, by the capture's numbers.</summary>
    public uint[] CountReferences()
    {
        var found = new uint[owner.Length];
        foreach (var target in targets.Concat(keys).Concat(extra.SelectMany(e => e)))
        {
            if (target >= 0)
            {
                found[target]++;
            }
        }

        return found;
    }

    private int Node(ulong address) => tables.Address.Find(address);

    private int[] Resolve(List<ulong> addresses)
    {
        var nodes = new int[addresses.Count];
        var span = CollectionsMarshal.AsSpan(addresses);
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = Node(span[i]);
        }

        addresses.Clear();
        addresses.TrimExcess();
        return nodes;
    }

    private void MergeNamespaces()
    {
        foreach (var root in tables.Roots)
        {
            Merge(Node(root.Address), Node(root.Namespace));
        }

        foreach (var (instance, dict) in tables.Namespaces)
        {
            Merge(Node(instance), Node(dict));
        }

        foreach (var run in tables.Runs)
        {
            if (!tables.Types[tables.TypeOf[run.Node]].HasDict)
            {
                continue;
            }

            for (var i = run.Start; i < run.Start + run.Count; i++)
            {
                if (targets[i] >= 0 && tables.Types[tables.TypeOf[targets[i]]].Name == "dict")
                {
                    Merge(run.Node, targets[i]);
                    break;
                }
            }
        }
    }

    private void Merge(int node, int dict)
    {
        if (node < 0 || dict < 0 || node == dict)
        {
            return;
        }

        var isFree = owner[dict] == None && dictOf[dict] == None && owner[node] == None && dictOf[node] == None;
        if (isFree)
        {
            owner[dict] = node;
            dictOf[node] = dict;
        }
    }
}
