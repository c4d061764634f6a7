using Tidemark.Core.Heap;

namespace Tidemark.Formats.PythonHeap;

/// <summary>Finds what holds objects that no object holds.</summary>
/// <remarks>
/// In this order: the variables of modules, the frames of threads, what native code or the interpreter holds (its reference
/// count is higher than the references found), and what only a circle of references holds: garbage that the cyclic
/// collector has not collected.
/// </remarks>
internal sealed class PythonHeapRoots(PythonHeapTables tables, PythonHeapEdges edges)
{
    private const ulong Immortal = 1 << 29;

    private readonly bool[] reached = new bool[edges.Original.Length];
    private readonly Stack<int> work = new();

    /// <summary>Adds all roots to the builder.</summary>
    /// <returns>Objects from which all the rest is reached: garbage that is held by circles of references only.</returns>
    public List<int> AddTo(HeapGraphBuilder builder)
    {
        foreach (var root in Variables().Concat(Modules()).Concat(Frames()))
        {
            builder.AddRoot(root.Node, root.Kind, root.Name);
            Reach(root.Node);
        }

        foreach (var node in HeldFromOutside())
        {
            if (!reached[node])
            {
                builder.AddRoot(node, RootKind.Handle, "native code or the interpreter");
                Reach(node);
            }
        }

        return Garbage();
    }

    /// <summary>What is left: the program's own objects, and of circles without any such the first member.</summary>
    private List<int> Garbage()
    {
        var left = Enumerable
            .Range(0, reached.Length)
            .Where(n => !reached[n] && tables.ReferenceCount[edges.Original[n]] > 0)
            .ToList();
        var garbage = left.FindAll(n => TypeKind(n) == "instance");
        garbage.ForEach(Reach);
        foreach (var node in left)
        {
            if (!reached[node])
            {
                garbage.Add(node);
                Reach(node);
            }
        }

        return garbage;
    }

    /// <summary>Module variables by what they hold. Where several modules name the same object, the one that most likely made it comes first.</summary>
    private IEnumerable<HeapRoot> Variables()
    {
        var names = new Dictionary<int, List<string>>();
        foreach (var root in tables.Roots)
        {
            if (root.Kind != "module" || tables.Address.Find(root.Namespace) is not (>= 0 and var space))
            {
                continue;
            }

            foreach (var run in edges.RunsOf(space))
            {
                AddVariables(root.Name, tables.Runs[run], names);
            }
        }

        foreach (var (node, variables) in names)
        {
            var made = tables.Texts.GetValueOrDefault(tables.Address[edges.Original[node]]) ?? TypeName(node);
            var ordered = variables
                .OrderByDescending(v => v == made)
                .ThenByDescending(v => made.StartsWith(v[..v.LastIndexOf('.')] + ".", StringComparison.Ordinal))
                .ThenByDescending(v => v.Count(c => c == '.'))
                .ThenBy(v => v, StringComparer.Ordinal)
                .ToList();
            var name = ordered.Count == 1 ? ordered[0] : $"{ordered[0]} (also {ordered[1]})";
            yield return new HeapRoot(node, RootKind.Static, "module " + name);
        }
    }

    private void AddVariables(string module, ReferenceRun run, Dictionary<int, List<string>> names)
    {
        for (var i = 0; i < run.Count; i++)
        {
            var (target, key) = (edges.TargetOf(run, i), edges.KeyOf(run, i));
            if (target < 0 || key < 0 || edges.DenseOf(target) is var node && TypeKind(node) == "module")
            {
                continue;
            }

            var name = tables.Texts.GetValueOrDefault(tables.Address[key]);
            if (name is null || name.StartsWith("__", StringComparison.Ordinal))
            {
                continue;
            }

            if (!names.TryGetValue(node, out var variables))
            {
                names[node] = variables = [];
            }

            variables.Add($"{module}.{name}");
        }
    }

    private IEnumerable<HeapRoot> Modules() =>
        tables
            .Roots.Where(r => r.Kind == "module")
            .Select(r => new HeapRoot(edges.Dense(r.Address), RootKind.SystemClass, "module " + r.Name))
            .Where(r => r.Node >= 0);

    private IEnumerable<HeapRoot> Frames() =>
        tables
            .Roots.Where(r => r.Kind == "frame")
            .Select(r => new HeapRoot(edges.Dense(r.Address), RootKind.Stack, "thread " + r.Name))
            .Where(r => r.Node >= 0);

    /// <summary>Objects with more references than were found, in the order of the capture.</summary>
    private IEnumerable<int> HeldFromOutside()
    {
        var found = edges.CountReferences();
        for (var n = 0; n < edges.Original.Length; n++)
        {
            var references = tables.ReferenceCount[edges.Original[n]];
            if (references >= Immortal || references > tables.ReferenceBase + found[edges.Original[n]])
            {
                yield return n;
            }
        }
    }

    private void Reach(int node)
    {
        Meet(node);
        while (work.TryPop(out var next))
        {
            Meet(edges.Dense(tables.Types[tables.TypeOf[edges.Original[next]]].Address));
            foreach (var edge in edges.Of(edges.Original[next]))
            {
                Meet(edge.Target);
            }
        }
    }

    private void Meet(int node)
    {
        if (node >= 0 && !reached[node])
        {
            reached[node] = true;
            work.Push(node);
        }
    }

    private string TypeName(int node) => tables.Types[tables.TypeOf[edges.Original[node]]].Name;

    private string TypeKind(int node) => tables.Types[tables.TypeOf[edges.Original[node]]].Kind;
}
