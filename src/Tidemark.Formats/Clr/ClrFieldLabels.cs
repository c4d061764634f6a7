using Tidemark.Core.Heap;

namespace Tidemark.Formats.Clr;

/// <summary>Names the fields through which objects hold others.</summary>
/// <remarks>
/// The runtime tells an object's references in the order of its fields, but neither their names nor which fields are
/// null. The fields of the type are laid along the references so that every object fits the declared type of its field;
/// a field is named where only one such arrangement is best.
/// </remarks>
internal sealed class ClrFieldLabels(
    ReferenceRows references,
    NodeShapes shapes,
    IReadOnlyList<ClrTypeName> types,
    IReadOnlyDictionary<int, int> dependents,
    ClrMetadata metadata
) : HeapLabels
{
    private const int MaxReferences = 512;
    private const int Impossible = int.MinValue / 4;
    private readonly ClrFieldLayouts layouts = new(metadata);
    private readonly Dictionary<int, IReadOnlyList<ClrSlot>?> slots = [];
    private readonly Lock gate = new();

    public override string? Reference(int from, int ordinal)
    {
        var row = references[from];
        if (dependents.TryGetValue(from, out var count))
        {
            // What a ConditionalWeakTable attaches to an object follows its own references.
            row = row[..^count];
            if (ordinal >= row.Length)
            {
                return "(attached by ConditionalWeakTable)";
            }
        }

        if (ordinal >= row.Length || row.Length > MaxReferences)
        {
            return null;
        }

        lock (gate)
        {
            var type = TypeOf(from);
            if (!slots.TryGetValue(type, out var fields))
            {
                slots.Add(type, fields = layouts.SlotsOf(types[type]));
            }

            return fields is null ? null : Align(fields, row, ordinal);
        }
    }

    public override string? Describe(int node) => null;

    private int TypeOf(int node) => shapes.Types[shapes[node]];

    private string? Align(IReadOnlyList<ClrSlot> fields, ReadOnlySpan<int> row, int ordinal)
    {
        if (row.Length > fields.Count)
        {
            return null;
        }

        // before[j]: the best score of the references up to ours in the fields before j; after[j]: of the others from j on.
        var before = new int[fields.Count + 1];
        var after = new int[fields.Count + 1];
        for (var i = 0; i < ordinal; i++)
        {
            Extend(before, fields, row[i]);
        }

        for (var i = row.Length - 1; i > ordinal; i--)
        {
            ExtendBackwards(after, fields, row[i]);
        }

        var best = Impossible;
        string? name = null;
        for (var j = 0; j < fields.Count; j++)
        {
            var fit = layouts.Fit(fields[j].Type, types[TypeOf(row[ordinal])]);
            var score = fit == 0 ? Impossible : before[j] + fit + after[j + 1];
            if (score > best)
            {
                best = score;
                name = fields[j].Name;
            }
            else if (score == best)
            {
                name = null;
            }
        }

        return best > 0 ? name : null;
    }

    private void Extend(int[] before, IReadOnlyList<ClrSlot> fields, int target)
    {
        var type = types[TypeOf(target)];
        var diagonal = before[0];
        before[0] = Impossible;
        for (var j = 1; j < before.Length; j++)
        {
            var fit = layouts.Fit(fields[j - 1].Type, type);
            var here = fit == 0 ? Impossible : diagonal + fit;
            diagonal = before[j];
            before[j] = Math.Max(before[j - 1], here);
        }
    }

    private void ExtendBackwards(int[] after, IReadOnlyList<ClrSlot> fields, int target)
    {
        var type = types[TypeOf(target)];
        var diagonal = after[^1];
        after[^1] = Impossible;
        for (var j = after.Length - 2; j >= 0; j--)
        {
            var fit = layouts.Fit(fields[j].Type, type);
            var here = fit == 0 ? Impossible : diagonal + fit;
            diagonal = after[j];
            after[j] = Math.Max(after[j + 1], here);
        }
    }
}
