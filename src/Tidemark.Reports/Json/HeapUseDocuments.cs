using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Reports.Json;

/// <summary>Texts and arrays of primitives with equal content.</summary>
/// <param name="Objects">How many were compared.</param>
/// <param name="Groups">Contents that are there more than once.</param>
/// <param name="WastedBytes">What one object for each content would save.</param>
/// <param name="Largest">Those that waste most.</param>
public sealed record DuplicatesDocument(
    long Objects,
    long Groups,
    long WastedBytes,
    IReadOnlyList<DuplicateDocument> Largest
)
{
    /// <param name="graph">The heap.</param>
    /// <param name="duplicates">What is there more than once.</param>
    /// <param name="holders">Who holds each of the largest.</param>
    public static DuplicatesDocument Of(
        HeapGraph graph,
        DuplicateContents duplicates,
        IReadOnlyList<IReadOnlyList<ContentHolder>> holders
    )
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(duplicates);
        ArgumentNullException.ThrowIfNull(holders);
        return new DuplicatesDocument(
            duplicates.Objects,
            duplicates.Groups,
            duplicates.WastedBytes,
            [
                .. duplicates.Largest.Select(
                    (d, i) =>
                        new DuplicateDocument(
                            graph.Describe(d.Node),
                            graph.TypeNameOf(d.Node),
                            graph.Labels.Text(d.Node),
                            d.Copies,
                            d.WastedBytes,
                            graph.Labels.IsContentWhole(d.Node),
                            holders[i]
                        )
                ),
            ]
        );
    }
}

/// <summary>One content.</summary>
/// <param name="Object">One of the copies.</param>
/// <param name="Type">Its type.</param>
/// <param name="Text">The beginning of an array of characters.</param>
/// <param name="Copies">How many there are.</param>
/// <param name="WastedBytes">What all of them take but one, the largest.</param>
/// <param name="IsWhole">False where the dump keeps only the beginning, so that the copies are equal as far as that goes.</param>
/// <param name="HeldBy">The fields and variables that most of them are in.</param>
public sealed record DuplicateDocument(
    string Object,
    string Type,
    string? Text,
    long Copies,
    long WastedBytes,
    bool IsWhole,
    IReadOnlyList<ContentHolder> HeldBy
);

/// <summary>How large collections are and how well they are filled.</summary>
public sealed record CollectionsDocument(
    IReadOnlyList<CollectionDocument> Biggest,
    IReadOnlyList<CollectionTypeUse> Types
)
{
    /// <param name="graph">The heap.</param>
    /// <param name="census">Its collections.</param>
    /// <param name="holders">Who holds each of the biggest.</param>
    public static CollectionsDocument Of(
        HeapGraph graph,
        CollectionCensus census,
        IReadOnlyDictionary<int, string> holders
    )
    {
        ArgumentNullException.ThrowIfNull(holders);
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(census);
        return new CollectionsDocument(
            [
                .. census.Biggest.Select(c => new CollectionDocument(
                    graph.Describe(c.Node),
                    graph.TypeNameOf(c.Node),
                    c.Entries,
                    c.Slots,
                    c.UsedSlots,
                    c.OwnBytes,
                    c.RetainedBytes,
                    holders.GetValueOrDefault(c.Node)
                )),
            ],
            census.Types
        );
    }
}

/// <summary>One collection.</summary>
public sealed record CollectionDocument(
    string Object,
    string Type,
    long Entries,
    long Slots,
    long UsedSlots,
    long OwnBytes,
    long RetainedBytes,
    string? HeldBy
);
