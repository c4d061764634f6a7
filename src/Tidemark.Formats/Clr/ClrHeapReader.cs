using System.Buffers.Binary;
using Tidemark.Core;
using Tidemark.Core.Heap;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>Reads the last heap dump of a trace into a heap graph, in three passes: what there is, the objects, the references.</summary>
/// <remarks>Peak memory is that of the graph, plus 4 bytes an object and 3 % of the heap's size for its addresses.</remarks>
internal sealed class ClrHeapReader(DumpFile file, ReadContext context)
{
    private const string Format = "nettrace";
    private readonly NetTraceLimits limits = NetTraceLimits.Default;
    private readonly Dictionary<string, int> typeNumbers = new(StringComparer.Ordinal);
    private readonly List<ClrTypeName> types = [];
    private readonly AddressIndex addresses = new();
    private readonly HeapHoles holes = new();
    private NetTraceHeader header = null!;
    private ClrHeapSurvey survey = null!;
    private int dump;
    private int pointerSize;
    private bool isFragmented;

    public HeapSnapshot Read()
    {
        Survey();
        using var edgeCounts = new NativeList<int>(survey.Tally.Dumps[dump].Nodes);
        var shapes = ReadObjects(edgeCounts);
        var dependents = Dependents();
        var references = ReadReferences(edgeCounts, dependents);
        var labels = new ClrFieldLabels(
            references,
            shapes,
            types,
            dependents.ToDictionary(d => d.Key, d => d.Value.Count),
            survey.Types.Metadata
        );
        var graph = new HeapGraph(
            new HeapGraphParts
            {
                TypeNames = [.. types.Select(t => t.ToString())],
                Shapes = shapes,
                References = references,
                Roots = LocalRoots.LeaveOutPassing(
                    references,
                    new ClrRootNames(survey, addresses, references, shapes, types).ToRoots()
                ),
                Ids = addresses,
                Labels = labels,
            }
        );
        var keepers = HoleKeepers.Of(graph, holes.Parts(graph.NodeCount), PinnedObjects());
        if (isFragmented && keepers is [var most, ..])
        {
            context.Warn(
                $"most of what stands between the holes: {Quantity.Count(most.Objects)} {(most.IsPinned ? "pinned " : "")}{most.Type} in {Quantity.Count(most.Regions)} parts of the heap that are mostly free"
            );
        }

        return new HeapSnapshot(graph)
        {
            Format = Format,
            Runtime = "dotnet",
            TakenAt = header.TimeOf(survey.Tally.Dumps[dump].First),
            Warnings = context.Warnings,
            Holes = keepers,
        };
    }

    /// <summary>What handles pin; what a stack pins for a moment is no reason for a hole that stays.</summary>
    private HashSet<int> PinnedObjects() =>
        [
            .. survey
                .Roots.Roots.Where(r => r.Source == ClrRootSource.Handle && r.Flags.HasFlag(ClrRootFlags.Pinned))
                .Select(r => addresses.Find(r.Address))
                .Where(n => n >= 0),
        ];

    /// <summary>The first pass; finds the dump and refuses one that is not whole.</summary>
    private void Survey()
    {
        var end = 0L;
        string? problem = null;
        Pass(
            0,
            reader =>
            {
                header = reader.Header;
                pointerSize = header.PointerSize;
                survey = new ClrHeapSurvey(pointerSize);
                return survey.Visit;
            },
            reader =>
            {
                end = reader.Offset;
                problem = survey.Tally.Dumps is [.., var last] ? survey.Tally.ProblemOf(last, reader) : null;
            }
        );
        var dumps = survey.Tally.Dumps;
        if (dumps.Count == 0)
        {
            throw Malformed(end, "the trace holds no heap dump (events GCBulkNode and GCBulkEdge were expected)");
        }

        dump = dumps.Count - 1;
        if (problem is not null)
        {
            throw Malformed(end, $"{problem}; take it again with a larger buffer");
        }

        if (dumps[dump].Nodes > int.MaxValue - 1)
        {
            throw Malformed(end, $"{dumps[dump].Nodes} objects, at most {int.MaxValue - 1} were expected");
        }

        if (dumps.Count > 1)
        {
            context.Warn($"the trace holds {dumps.Count} heap dumps; the last one was read");
        }

        if (StuckSpace.Describe(survey.GenerationsOf(dumps[dump])) is { } free)
        {
            context.Warn(free);
            isFragmented = true;
        }

        try
        {
            survey.Finish();
        }
        catch (InvalidDataException damage)
        {
            context.Warn($"fields are not named: {damage.Message}");
        }
    }

    private NodeShapes ReadObjects(NativeList<int> edgeCounts)
    {
        using var shapes = new NodeShapesBuilder(survey.Tally.Dumps[dump].Nodes);
        var typeOf = new Dictionary<ulong, int>();
        var size = BulkRows.NodeSize(pointerSize);
        PassOverDump(
            1,
            ClrEvent.BulkNode,
            payload =>
            {
                var start = payload.Offset;
                for (var rows = BulkRows.Of(ref payload, size); rows.Length > 0; rows = rows[size..])
                {
                    var type = BinaryPrimitives.ReadUInt64LittleEndian(rows[(pointerSize + 8)..]);
                    if (!typeOf.TryGetValue(type, out var number))
                    {
                        typeOf.Add(type, number = TypeNumber(survey.Types.NameOf(type)));
                    }

                    var bytes = BinaryPrimitives.ReadInt64LittleEndian(rows[pointerSize..]);
                    var edges = BinaryPrimitives.ReadUInt64LittleEndian(rows[(pointerSize + 16)..]);
                    if (bytes < 0 || edges > int.MaxValue || !addresses.Add(Pointer(rows)))
                    {
                        throw Malformed(
                            start,
                            $"an object at {Pointer(rows):x} with {bytes} bytes and {edges} references cannot be, or is there twice"
                        );
                    }

                    holes.Add(addresses.Count - 1, Pointer(rows), bytes);
                    shapes.Add(number, bytes);
                    edgeCounts.Add((int)edges);
                }
            }
        );
        return shapes.Build();
    }

    private ReferenceRows ReadReferences(NativeList<int> edgeCounts, Dictionary<int, List<int>> dependents)
    {
        var expected = survey.Tally.Dumps[dump];
        using var rows = new ReferenceRowsBuilder(expected.Nodes, expected.Edges + expected.DependentPairs);
        var size = BulkRows.EdgeSize(pointerSize);
        var node = 0;
        var left = 0;
        var unresolved = 0L;
        PassOverDump(
            2,
            ClrEvent.BulkEdge,
            payload =>
            {
                for (var edges = BulkRows.Of(ref payload, size); edges.Length > 0; edges = edges[size..])
                {
                    while (left == 0)
                    {
                        EndRow();
                    }

                    left--;
                    if (addresses.Find(Pointer(edges)) is >= 0 and var target)
                    {
                        rows.Add(target);
                    }
                    else
                    {
                        unresolved++;
                    }
                }
            }
        );
        while (node <= addresses.Count)
        {
            EndRow();
        }

        if (unresolved > 0)
        {
            context.Warn($"{unresolved} references to objects that are not in the dump were left out");
        }

        return rows.Build();

        // Row 0 is begun by ending none.
        void EndRow()
        {
            if (node > 0)
            {
                foreach (var value in dependents.GetValueOrDefault(node - 1) ?? [])
                {
                    rows.Add(value);
                }

                rows.EndRow();
            }

            left = node < edgeCounts.Count ? edgeCounts[node] : 0;
            node++;
        }
    }

    /// <summary>The values that a ConditionalWeakTable keeps alive as long as their key lives, by key.</summary>
    private Dictionary<int, List<int>> Dependents()
    {
        var dependents = new Dictionary<int, List<int>>();
        foreach (var pair in survey.Roots.DependentPairs)
        {
            if (addresses.Find(pair.Key) is >= 0 and var key && addresses.Find(pair.Value) is >= 0 and var value)
            {
                if (!dependents.TryGetValue(key, out var values))
                {
                    dependents.Add(key, values = []);
                }

                values.Add(value);
            }
        }

        return dependents;
    }

    /// <summary>Types of one name are one type: the same type loaded twice, in two load contexts, is one for people.</summary>
    private int TypeNumber(ClrTypeName name)
    {
        var text = name.ToString();
        if (!typeNumbers.TryGetValue(text, out var number))
        {
            typeNumbers.Add(text, number = types.Count);
            types.Add(name);
        }

        return number;
    }

    private delegate void BulkVisitor(EventPayload payload);

    private void PassOverDump(int pass, ClrEvent kind, BulkVisitor visitor)
    {
        var bounds = new HeapDumpBounds();
        Pass(
            pass,
            _ =>
                (in NetTraceEvent happened) =>
                {
                    var found = ClrProvider.Of(happened.Definition);
                    if (bounds.DumpOf(found, happened.Payload) == dump && found == kind)
                    {
                        visitor(happened.Payload);
                    }
                },
            _ => { }
        );
    }

    private void Pass(int pass, Func<NetTraceReader, NetTraceVisitor> begin, Action<NetTraceReader> end)
    {
        const int Passes = 3;
        using var stream = file.OpenContent();
        var reader = new NetTraceReader(stream, file.Path, limits);
        var visitor = begin(reader);
        while (ReadBlock())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Report((pass + Math.Min(1, reader.Offset / (double)file.Length)) / Passes);
        }

        end(reader);

        bool ReadBlock()
        {
            try
            {
                return reader.ReadBlock(visitor);
            }
            catch (InvalidDataException damage)
            {
                throw new MalformedDumpException(file.Path, reader.Offset, "the gzip stream is damaged", damage);
            }
        }
    }

    private ulong Pointer(ReadOnlySpan<byte> row) =>
        pointerSize == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(row) : BinaryPrimitives.ReadUInt32LittleEndian(row);

    private MalformedDumpException Malformed(long offset, string problem) => new(file.Path, offset, problem);
}
