using Tidemark.Core.Heap;

namespace Tidemark.Formats.Clr;

/// <summary>Turns the roots of a dump into roots with names that people know: static fields, threads' own statics, methods, handles.</summary>
/// <remarks>
/// The runtime keeps the references of static fields in object arrays of its own, held by handles, and those of thread
/// statics in arrays that hang on the threads. Such an array is no answer to "who holds this": it is no root here, and
/// what it holds becomes a root under the name of its field.
/// </remarks>
internal sealed class ClrRootNames(
    ClrHeapSurvey survey,
    AddressIndex addresses,
    ReferenceRows references,
    NodeShapes shapes,
    IReadOnlyList<ClrTypeName> types
)
{
    private const int MostCandidates = 3;
    private static readonly ClrTypeName ObjectArray = new("System.Object", [], "[]");
    private readonly HashSet<int> staticTables = [];
    private readonly HashSet<int> threadTables = [];
    private readonly List<HeapRoot> roots = [];
    private readonly HashSet<HeapRoot> known = [];
    private readonly Dictionary<(ClrTypeName, bool), string?> unnamed = [];
    private readonly ClrFieldLayouts layouts = new(survey.Types.Metadata);

    /// <summary>The roots, static fields first.</summary>
    public IReadOnlyList<HeapRoot> ToRoots()
    {
        FindTables();
        foreach (var field in survey.Statics)
        {
            var name = survey.Types.Metadata.Statics.GetValueOrDefault(field.Root) ?? field.Field;
            Add(addresses.Find(field.Address), RootKind.Static, $"static {name}");
        }

        AddTableValues();
        AddOthers();
        return roots;
    }

    private void FindTables()
    {
        var staticSlots = survey.Statics.Select(s => s.Root).Order().ToArray();
        foreach (var root in survey.Roots.Roots)
        {
            var node = addresses.Find(root.Address);
            if (node < 0 || TypeOf(node) != ObjectArray)
            {
                continue;
            }

            if (root.Source == ClrRootSource.Handle && HoldsSlot(root.Address, node, staticSlots))
            {
                staticTables.Add(node);
            }
            else if (root.Source == ClrRootSource.Stack && (root.Id == 0 || HoldsArraysOnly(node)))
            {
                // A thread's array of arrays: one for the thread statics of each type. A thread that runs managed code reports
                // it after its frames, under the name of the outermost one.
                threadTables.Add(node);
                foreach (var inner in references[node])
                {
                    if (TypeOf(inner) == ObjectArray)
                    {
                        threadTables.Add(inner);
                    }
                }
            }
        }
    }

    private bool HoldsArraysOnly(int node)
    {
        foreach (var value in references[node])
        {
            if (TypeOf(value) != ObjectArray)
            {
                return false;
            }
        }

        return !references[node].IsEmpty;
    }

    /// <summary>Whether the address of a static field lies inside of an object.</summary>
    private bool HoldsSlot(ulong address, int node, ulong[] staticSlots)
    {
        var next = Array.BinarySearch(staticSlots, address);
        next = next < 0 ? ~next : next;
        return next < staticSlots.Length && staticSlots[next] - address < (ulong)shapes.Sizes[shapes[node]];
    }

    private void AddTableValues()
    {
        var named = roots.Select(r => r.Node).ToHashSet();
        foreach (var table in staticTables)
        {
            foreach (var value in references[table])
            {
                if (!named.Contains(value))
                {
                    Add(
                        value,
                        RootKind.Static,
                        NameOfUnnamed(value, isThreadStatic: false) is { } field ? $"static {field}"
                            : IsString(value) ? "interned string"
                            : "static field of a generic type"
                    );
                }
            }
        }

        foreach (var table in threadTables)
        {
            foreach (var value in references[table])
            {
                if (!threadTables.Contains(value))
                {
                    var field = NameOfUnnamed(value, isThreadStatic: true);
                    Add(value, RootKind.Static, field is null ? "thread static" : $"thread static {field}");
                }
            }
        }
    }

    private void AddOthers()
    {
        // Frames come innermost first: the outermost one that holds an object is the one that people look for.
        var onStack = new HashSet<int>();
        for (var i = survey.Roots.Roots.Count - 1; i >= 0; i--)
        {
            var root = survey.Roots.Roots[i];
            var node = addresses.Find(root.Address);
            if (node < 0 || staticTables.Contains(node) || threadTables.Contains(node))
            {
                continue;
            }

            switch (root.Source)
            {
                case ClrRootSource.Stack when onStack.Add(node):
                    var method = survey.Methods.GetValueOrDefault(root.Id);
                    Add(node, RootKind.Stack, method is null ? "stack" : $"stack of {method}");
                    break;
                case ClrRootSource.Stack:
                    break;
                case ClrRootSource.FinalizerQueue:
                    Add(node, RootKind.FinalizerQueue, "finalizer queue");
                    break;
                case ClrRootSource.Handle when TypeOf(node).Definition == "System.Threading.Thread":
                    Add(node, RootKind.Thread, "thread");
                    break;
                case ClrRootSource.Handle when HoldsStringsOnly(node):
                    Add(node, RootKind.Runtime, "interned strings");
                    break;
                case ClrRootSource.Handle:
                    Add(node, RootKind.Handle, HandleName(root.Flags));
                    break;
                default:
                    Add(node, RootKind.Other, name: null);
                    break;
            }
        }
    }

    private static string HandleName(ClrRootFlags flags) =>
        flags.HasFlag(ClrRootFlags.Pinned) ? "pinned handle"
        : flags.HasFlag(ClrRootFlags.RefCounted) ? "reference-counted handle"
        : "strong handle";

    private bool HoldsStringsOnly(int node)
    {
        if (TypeOf(node) != ObjectArray || references[node].IsEmpty)
        {
            return false;
        }

        foreach (var value in references[node])
        {
            if (!IsString(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The static fields of generic types, or those of threads, that can hold an object of this type; null where there are none or too many.</summary>
    private string? NameOfUnnamed(int value, bool isThreadStatic)
    {
        var type = TypeOf(value);
        if (!unnamed.TryGetValue((type, isThreadStatic), out var name))
        {
            var fields = survey.Types.Metadata.UnnamedStatics.Where(f => f.IsThreadStatic == isThreadStatic);
            name =
                Only(fields.Where(f => !f.IsLibrary).Select(f => ClosedName(f, type)))
                ?? Only(fields.Where(f => f.IsLibrary).Select(f => ClosedName(f, type)))
                ?? Only(
                    fields.Where(f => layouts.Fit(f.Type, type) >= ClrFieldLayouts.DerivedFit).Select(f => f.FullName)
                );
            unnamed.Add((type, isThreadStatic), name);
        }

        return name;

        static string? Only(IEnumerable<string?> names)
        {
            var few = names.OfType<string>().Distinct(StringComparer.Ordinal).Take(MostCandidates + 1).ToList();
            return few.Count is > 0 and <= MostCandidates ? string.Join(" or ", few) : null;
        }
    }

    /// <summary>The field's name with the type arguments that make its type this one; null where none do.</summary>
    private static string? ClosedName(ClrUnnamedStatic field, ClrTypeName type)
    {
        var arguments = new Dictionary<int, ClrTypeName>();
        if (field.Type.Parameter >= 0 || !field.Type.TryUnify(type, arguments))
        {
            return null;
        }

        var count = arguments.Count == 0 ? 0 : arguments.Keys.Max() + 1;
        var owner = new ClrTypeName(
            field.Owner,
            [.. Enumerable.Range(0, count).Select(i => arguments.GetValueOrDefault(i) ?? new ClrTypeName("?", []))]
        );
        return $"{owner}.{ClrFieldLayouts.SourceName(field.Name)}";
    }

    private ClrTypeName TypeOf(int node) => types[shapes.Types[shapes[node]]];

    private bool IsString(int node) => TypeOf(node) is { Definition: "System.String", Suffix: "" };

    private void Add(int node, RootKind kind, string? name)
    {
        var root = new HeapRoot(node, kind, name);
        if (node >= 0 && known.Add(root))
        {
            roots.Add(root);
        }
    }
}
