using System.Buffers.Binary;
using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>What one heap dump in a trace holds, counted without keeping it.</summary>
public sealed class HeapDumpCount
{
    /// <summary>Objects.</summary>
    public long Nodes { get; internal set; }

    /// <summary>References that the objects announce.</summary>
    public long AnnouncedEdges { get; internal set; }

    /// <summary>References that follow.</summary>
    public long Edges { get; internal set; }

    /// <summary>Bytes of all objects together.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Pairs held together by a ConditionalWeakTable or another dependent handle.</summary>
    public long DependentPairs { get; internal set; }

    /// <summary>The thread that wrote it.</summary>
    public long Thread { get; internal init; }

    /// <summary>Events that are missing between others of their kind.</summary>
    public long MissingEvents { get; internal set; }

    /// <summary>When its first event was written, on the trace's clock.</summary>
    public long First { get; internal init; }

    /// <summary>When its last event was written, on the trace's clock.</summary>
    public long Last { get; internal set; }
}

/// <summary>Counts the heap dumps in a trace and tells whether they are complete.</summary>
/// <remarks>
/// The runtime drops events when its buffer is full and goes on as if nothing had happened. Three things give a loss
/// away: gaps in the sequence numbers of the thread that writes the dump, gaps in the numbers of its bulk events, and
/// objects that announce other than the references that follow.
/// </remarks>
public sealed class HeapDumpTally(int pointerSize)
{
    private readonly int nodeSize = BulkRows.NodeSize(pointerSize);
    private readonly int edgeSize = BulkRows.EdgeSize(pointerSize);
    private readonly HeapDumpBounds bounds = new();
    private readonly List<HeapDumpCount> dumps = [];
    private readonly List<GcPause> pauses = [];
    private readonly uint[] nextOfKind = new uint[(int)ClrEvent.BulkEdge + 1];
    private readonly HashSet<ulong> types = [];

    /// <summary>The heap dumps, in the order of the trace.</summary>
    public IReadOnlyList<HeapDumpCount> Dumps => dumps;

    public GcLog Collections { get; } = new();

    /// <summary>The types of the objects.</summary>
    public IReadOnlySet<ulong> Types => types;

    /// <summary>Counts an event.</summary>
    public void Visit(in NetTraceEvent happened)
    {
        var kind = ClrProvider.Of(happened.Definition);
        Collections.Visit(kind, happened.Timestamp, happened.Payload);
        var number = bounds.DumpOf(kind, happened.Payload);
        if (number == dumps.Count)
        {
            dumps.Add(new HeapDumpCount { First = happened.Timestamp, Thread = happened.ThreadId });
            Array.Clear(nextOfKind);
        }

        if (number >= 0)
        {
            Count(dumps[number], kind, happened.Timestamp, happened.Payload);
        }
    }

    /// <summary>Whether the collection that writes a dump has ended, and with it the dump.</summary>
    public bool HasEnded(HeapDumpCount dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        return Collections.Collections.Any(c => c.Start <= dump.First && dump.Last <= c.End);
    }

    /// <summary>What speaks against using a dump; null for a complete one.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="reader">The reader of the trace, at its end.</param>
    public string? ProblemOf(HeapDumpCount dump, NetTraceReader reader)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(reader);
        return !HasEnded(dump) ? "the heap dump was not finished"
            : Math.Max(dump.MissingEvents, reader.LostEventsOf(dump.Thread)) is > 0 and var lost
                ? $"{lost} events of the heap dump were lost"
            : dump.Edges != dump.AnnouncedEdges
                ? $"its objects announce {dump.AnnouncedEdges} references, {dump.Edges} are there"
            : dump.Nodes == 0 ? "the heap dump holds no objects"
            : null;
    }

    /// <summary>How long the process stood still for a dump; null where the trace does not tell.</summary>
    public GcPause? PauseOf(HeapDumpCount dump)
    {
        ArgumentNullException.ThrowIfNull(dump);
        pauses.AddRange(Collections.TakePauses());
        return pauses.Where(p => p.Begin <= dump.First && dump.Last <= p.End).Select(p => (GcPause?)p).FirstOrDefault();
    }

    private void Count(HeapDumpCount dump, ClrEvent kind, long timestamp, EventPayload payload)
    {
        dump.Last = timestamp;
        switch (kind)
        {
            case ClrEvent.BulkNode:
                CheckOrder(dump, kind, payload);
                var nodes = BulkRows.Of(ref payload, nodeSize);
                dump.Nodes += nodes.Length / nodeSize;
                for (var last = 0ul; nodes.Length > 0; nodes = nodes[nodeSize..])
                {
                    if (BinaryPrimitives.ReadUInt64LittleEndian(nodes[(pointerSize + 8)..]) is var type && type != last)
                    {
                        types.Add(type);
                        last = type;
                    }

                    dump.Bytes += BinaryPrimitives.ReadInt64LittleEndian(nodes[pointerSize..]);
                    dump.AnnouncedEdges += BinaryPrimitives.ReadInt64LittleEndian(nodes[(pointerSize + 16)..]);
                }

                break;
            case ClrEvent.BulkEdge:
                CheckOrder(dump, kind, payload);
                dump.Edges += BulkRows.Of(ref payload, edgeSize).Length / edgeSize;
                break;
            case ClrEvent.BulkRootEdge:
                CheckOrder(dump, kind, payload);
                break;
            case ClrEvent.BulkRootConditionalWeakTableElementEdge:
                CheckOrder(dump, kind, payload);
                var rowSize = BulkRows.DependentPairSize(pointerSize);
                dump.DependentPairs += BulkRows.Of(ref payload, rowSize).Length / rowSize;
                break;
            default:
                break;
        }
    }

    /// <summary>The events of one kind are numbered from 0.</summary>
    private void CheckOrder(HeapDumpCount dump, ClrEvent kind, EventPayload payload)
    {
        var index = payload.UInt32();
        ref var next = ref nextOfKind[(int)kind];
        dump.MissingEvents += index - next;
        next = index + 1;
    }
}
