using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>
/// Tells ways from the roots apart by their form: the types and fields that are passed, steps that repeat taken once. Ways of one form
/// are put into the same words, so one of each has to be looked at in full.
/// </summary>
/// <remarks>
/// A way's form is that of the way to the object before it and one step more, so all ways together cost a step for each object that
/// lies on any of them, however long they are: the objects of a linked list are as many ways, each as long as the list up to there.
/// Names of fields are asked for in the order of the objects, in which a dump can be read from its begin to its end.
/// </remarks>
internal sealed class PathForms : IDisposable
{
    private const int Unknown = 0;
    private const int Hub = 64;

    private readonly HeapGraph graph;
    private readonly RootPaths paths;

    /// <summary>By object: the field by which the one before it holds it, a number of <see cref="names"/>; 0 for what lies on no way.</summary>
    private readonly NativeArray<int> labels;

    /// <summary>By object: the form of the way to it without its own type; 0 where that was not asked yet.</summary>
    private readonly NativeArray<int> forms;

    private readonly Dictionary<string, int> names = [];
    private readonly Dictionary<string, int> generalNames = [];
    private readonly Dictionary<(int Before, int Type, int Label), int> known = [];
    private readonly List<(int Type, int Label)> lastSteps = [(-1, 0)];
    private readonly Stack<int> pending = new();

    public PathForms(
        HeapGraph graph,
        RootPaths paths,
        ChainWording wording,
        IEnumerable<int> targets,
        CancellationToken cancellation
    )
    {
        this.graph = graph;
        this.paths = paths;
        labels = new NativeArray<int>(graph.NodeCount);
        forms = new NativeArray<int>(graph.NodeCount);
        var steps = Steps(targets);
        steps.Sort();
        for (var (from, end) = (0, 0); from < steps.Count; from = end)
        {
            cancellation.ThrowIfCancellationRequested();
            var holder = (int)(steps[from] >> 32);
            while (end < steps.Count && (int)(steps[end] >> 32) == holder)
            {
                end++;
            }

            Name(wording, holder, steps, from, end);
        }
    }

    /// <summary>The form of the way to one of the targets, which is reached.</summary>
    public (int Way, int Type) Of(int node)
    {
        pending.Push(node);
        while (pending.TryPeek(out var next))
        {
            var before = paths.Before(next);
            if (forms[next] != Unknown)
            {
                pending.Pop();
            }
            else if (before < 0)
            {
                forms[next] = Intern(Unknown, Identity(next), 0);
                pending.Pop();
            }
            else if (forms[before] != Unknown)
            {
                var (way, step) = (forms[before], (TypeOf(before), labels[next]));
                forms[next] = lastSteps[way] == step ? way : Intern(way, step.Item1, step.Item2);
                pending.Pop();
            }
            else
            {
                pending.Push(before);
            }
        }

        return (forms[node], TypeOf(node));
    }

    public void Dispose()
    {
        labels.Dispose();
        forms.Dispose();
    }

    /// <summary>Every step on the ways to the targets: who holds, and whom.</summary>
    private List<long> Steps(IEnumerable<int> targets)
    {
        const int seen = -1;
        var steps = new List<long>();
        foreach (var target in targets)
        {
            for (var node = target; labels[node] == 0 && paths.Before(node) is >= 0 and var before; node = before)
            {
                labels[node] = seen;
                steps.Add(((long)before << 32) | (uint)node);
            }
        }

        return steps;
    }

    private void Name(ChainWording wording, int holder, List<long> steps, int from, int end)
    {
        var references = graph.References(holder);
        Dictionary<int, int>? ordinals = null;
        if (references.Length >= Hub && end - from > 1 && !graph.Labels.IsIndexedType(graph.TypeOf(holder)))
        {
            // Which of very many references leads to an object is looked up, not searched for.
            ordinals = [];
            for (var i = 0; i < references.Length; i++)
            {
                ordinals.TryAdd(references[i], i);
            }
        }

        for (var i = from; i < end; i++)
        {
            var held = (int)steps[i];
            labels[held] = Number(
                ordinals is null
                    ? wording.Label(holder, held)
                    : wording.Label(holder, held, ordinals.GetValueOrDefault(held, -1))
            );
        }
    }

    private int Number(string? label)
    {
        label ??= "";
        if (!names.TryGetValue(label, out var number))
        {
            var general = HolderNaming.GeneralName(label);
            if (!generalNames.TryGetValue(general, out number))
            {
                generalNames.Add(general, number = generalNames.Count + 1);
            }

            names.Add(label, number);
        }

        return number;
    }

    private int Intern(int before, int type, int label)
    {
        if (!known.TryGetValue((before, type, label), out var form))
        {
            known.Add((before, type, label), form = lastSteps.Count);
            lastSteps.Add((type, label));
        }

        return form;
    }

    /// <summary>Objects that stand for types are each a type of their own: their words name the type that they stand for.</summary>
    private int TypeOf(int node) => graph.TypeStoodFor(node) >= 0 ? Identity(node) : graph.TypeOf(node);

    private static int Identity(int node) => -2 - node;
}
