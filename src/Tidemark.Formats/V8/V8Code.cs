using System.Globalization;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Formats.V8;

/// <summary>Where functions are defined, and whose variables a scope (V8: a context) holds. Read from the file where it is asked for.</summary>
internal sealed class V8Code(
    V8SnapshotHeader header,
    V8NodeRows nodes,
    V8Rows edges,
    V8Strings strings,
    V8Locations locations
)
{
    /// <summary>Edges of one object that are looked at: those that V8 adds itself come after all of a large object's properties.</summary>
    private const int MostEdges = 4096;
    private const int MostKept = 1 << 16;
    private const string Scope = "scope_info";
    private const string Anonymous = "(anonymous)";

    private readonly uint[] edgeCodes = V8EdgeTable.Codes(header.EdgeTypes);
    private readonly Dictionary<int, CodeSite?> codes = [];
    private readonly Dictionary<int, ScopeOwner?> scopes = [];

    /// <summary>Of a function where it is defined, of an object where its constructor is; null where the snapshot does not tell.</summary>
    public CodeSite? Of(int node)
    {
        if (!codes.TryGetValue(node, out var code))
        {
            code = Find(node);
            Keep(codes, node, code);
        }

        return code;
    }

    /// <summary>Whose variables a scope holds; null for any other object.</summary>
    public ScopeOwner? OwnerOf(int node)
    {
        if (!scopes.TryGetValue(node, out var owner))
        {
            owner =
                V8Names.IsContext(Name(node)) ? FindOwner(node)
                : IsModule(node) && Of(node) is { } code
                    ? new ScopeOwner(Function: null, IsOutermost: true, code.File) { IsModule = true }
                : IsExports(node) ? new ScopeOwner(Function: null, IsOutermost: true)
                : null;
            Keep(scopes, node, owner);
        }

        return owner;
    }

    /// <summary>The variable that one of a module's exports is, by the place in the table of its names and their cells.</summary>
    /// <param name="table">The table, one that <see cref="OwnerOf"/> knows.</param>
    /// <param name="place">The place of the cell: its name stands before it.</param>
    public string? ExportAt(int table, string place) =>
        long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var cell)
        && Follow(table, V8EdgeType.Internal, (cell - 1).ToString(CultureInfo.InvariantCulture)) is >= 0 and var name
        && nodes.TypeName(nodes[name]) == "string"
            ? Name(name)
            : null;

    /// <summary>The variable whose value a cell holds, by the tables of what a module exports and those of the modules that it imports.</summary>
    public CodeSite? Exported(int module, int cell)
    {
        const int mostModules = 256;
        var seen = new List<int> { module };
        for (var i = 0; i < seen.Count; i++)
        {
            foreach (var (_, array) in EdgesOf(seen[i]).Where(e => nodes.TypeName(nodes[e.To]) == "array"))
            {
                foreach (var (edge, held) in EdgesOf(array))
                {
                    if (held == cell && IsExports(array) && ExportAt(array, strings[(int)NameOf(edge)]) is { } name)
                    {
                        return Of(seen[i]) is { } code ? code with { Function = name } : null;
                    }

                    if (seen.Count < mostModules && IsModule(held) && !seen.Contains(held))
                    {
                        seen.Add(held);
                    }
                }
            }
        }

        return null;
    }

    private IEnumerable<(long Edge, int To)> EdgesOf(int node)
    {
        var row = nodes[node];
        for (var edge = row.FirstEdge; edge < Math.Min(row.EdgeEnd, row.FirstEdge + MostEdges); edge++)
        {
            yield return (edge, To(edge));
        }
    }

    /// <summary>True for the table of a module's exported variables: names, each with a cell that holds the value.</summary>
    private bool IsExports(int node)
    {
        const int looks = 64;
        var row = nodes[node];
        if (nodes.TypeName(row) != "array")
        {
            return false;
        }

        var (hasName, hasCell) = (false, false);
        for (var edge = row.FirstEdge; edge < Math.Min(row.EdgeEnd, row.FirstEdge + looks); edge++)
        {
            var held = nodes[To(edge)];
            hasName |= nodes.TypeName(held) == "string";
            hasCell |= nodes.TypeName(held) == "hidden" && strings[(int)held.Name] == "system / Cell";
        }

        return hasName && hasCell;
    }

    private static void Keep<T>(Dictionary<int, T> kept, int node, T value)
    {
        if (kept.Count >= MostKept)
        {
            kept.Clear();
        }

        kept[node] = value;
    }

    private CodeSite? Find(int node)
    {
        switch (nodes.TypeName(nodes[node]))
        {
            case "closure":
                return Follow(node, V8EdgeType.Internal, "shared") is >= 0 and var shared ? Shared(node, shared) : null;
            case "object" when V8Names.IsContext(Name(node)):
                return null;
            case "object"
                when Follow(node, V8EdgeType.Internal, "function") is >= 0 and var function && IsClosure(function):
                return Of(function); // a generator
            case "object":
                var prototype = Follow(node, V8EdgeType.Property, "__proto__");
                var constructor = prototype < 0 ? -1 : Follow(prototype, V8EdgeType.Property, "constructor");
                return constructor >= 0 && IsClosure(constructor) ? Of(constructor) : null;
            case "hidden" when IsModule(node):
                return Module(node);
            default:
                return null;
        }
    }

    /// <summary>A module leads to the generator that has run it.</summary>
    private CodeSite? Module(int node)
    {
        var row = nodes[node];
        for (var edge = row.FirstEdge; edge < row.EdgeEnd; edge++)
        {
            if (
                TypeOf(edge) == V8EdgeType.Hidden
                && nodes.TypeName(nodes[To(edge)]) == "object"
                && Of(To(edge)) is { } code
            )
            {
                return code;
            }
        }

        return null;
    }

    private bool IsModule(int node) => Name(node) == "system / SourceTextModule";

    private bool IsClosure(int node) => nodes.TypeName(nodes[node]) == "closure";

    private CodeSite? Shared(int closure, int shared)
    {
        var node = Follow(shared, V8EdgeType.Internal, "script_or_debug_info", "script");
        var file = node < 0 ? "" : Name(node);
        if (file.Length == 0)
        {
            return null; // built in
        }

        const string script = "system / Script / "; // newer versions
        const string fileScheme = "file://";
        file = file.StartsWith(script, StringComparison.Ordinal) ? file[script.Length..] : file;
        file = file.StartsWith(fileScheme, StringComparison.Ordinal) ? file[fileScheme.Length..] : file;
        return new CodeSite(Name(closure) is { Length: > 0 } name ? name : Anonymous, file, locations.LineOf(closure));
    }

    private ScopeOwner FindOwner(int node)
    {
        var row = nodes[node];
        var (info, map, previous, hasExtension) = (-1, -1, -1, false);
        string? file = null;
        for (var edge = row.FirstEdge; edge < Math.Min(row.EdgeEnd, row.FirstEdge + MostEdges); edge++)
        {
            if (TypeOf(edge) != V8EdgeType.Internal)
            {
                // A function that was made in this scope is of its file.
                if (file is null && IsClosure(To(edge)) && Follow(To(edge), V8EdgeType.Internal, "context") == node)
                {
                    file = Of(To(edge))?.File;
                }

                continue;
            }

            switch (strings[(int)NameOf(edge)])
            {
                case Scope:
                    info = To(edge);
                    break;
                case "map":
                    map = To(edge);
                    break;
                case "previous":
                    previous = To(edge);
                    break;
                case "extension":
                    hasExtension = true;
                    break;
            }
        }

        return new ScopeOwner(
            info < 0 || map < 0 ? null : FunctionName(row.SelfSize, info, map, hasExtension),
            previous < 0 || !V8Names.IsContext(Name(previous)),
            file
        );
    }

    /// <summary>
    /// The description of a scope leads to the names of its variables and, where it has one, to that of its function. How many
    /// variables there are is told by the scope's size.
    /// </summary>
    private string? FunctionName(long size, int info, int map, bool hasExtension)
    {
        const int smallestMapOf64Bits = 64;
        const int fixedWords = 4; // map, length, description, scope around it
        var word = nodes[map].SelfSize >= smallestMapOf64Bits ? sizeof(long) : sizeof(int);
        var variables = size / word - fixedWords - (hasExtension ? 1 : 0);
        var row = nodes[info];
        var (texts, last) = (0L, -1);
        for (var edge = row.FirstEdge; edge < Math.Min(row.EdgeEnd, row.FirstEdge + MostEdges); edge++)
        {
            if (TypeOf(edge) == V8EdgeType.Hidden && nodes.TypeName(nodes[To(edge)]) == "string")
            {
                texts++;
                last = To(edge);
            }
        }

        return texts == variables + 1 && Name(last) is { Length: > 0 } name ? name : null;
    }

    /// <summary>Where the edge of one of some names leads; -1 where there is none.</summary>
    private int Follow(int node, V8EdgeType type, params ReadOnlySpan<string> names)
    {
        var row = nodes[node];
        for (var edge = row.FirstEdge; edge < row.EdgeEnd; edge++)
        {
            if (edge == row.FirstEdge + MostEdges)
            {
                edge = Math.Max(edge, row.EdgeEnd - MostEdges);
            }

            if (TypeOf(edge) == type && names.Contains(strings[(int)NameOf(edge)]))
            {
                return To(edge);
            }
        }

        return -1;
    }

    private V8EdgeType TypeOf(long edge) => (V8EdgeType)edgeCodes[edges[edge][header.EdgeType]];

    private long NameOf(long edge) => (long)edges[edge][header.EdgeName];

    private int To(long edge) => (int)(edges[edge][header.EdgeTo] / (ulong)header.NodeColumns);

    private string Name(int node) => strings[(int)nodes[node].Name];
}
