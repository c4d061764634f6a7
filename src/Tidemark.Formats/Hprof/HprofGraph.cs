using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>Puts the graph together: pieces are read by several threads and joined in their order, classes come behind them.</summary>
internal sealed class HprofGraph : IDisposable
{
    private readonly HeapContents contents;
    private readonly ReadContext context;
    private readonly HeapTypes types;
    private readonly ReferenceRowsBuilder rows;
    private readonly ShapeNumbers shapes;
    private readonly ObjectGaps gaps;
    private readonly List<WeakReferenceEdge> weak = [];
    private readonly object turn = new();
    private int nextPiece;
    private bool isBroken;

    private HprofGraph(HeapContents contents, ReadContext context)
    {
        this.contents = contents;
        this.context = context;
        types = new HeapTypes(contents.Classes);
        rows = new ReferenceRowsBuilder(contents.NodeCount, contents.NodeCount);
        shapes = new ShapeNumbers(contents.NodeCount);
        gaps = new ObjectGaps(contents.Classes.Count);
    }

    /// <summary>Reads all references.</summary>
    public static HeapGraphParts Build(HeapContents contents, HprofLimits limits, ReadContext context)
    {
        using var graph = new HprofGraph(contents, context);
        WorkCrew.Run(
            contents.File.Length >= limits.LeastShared,
            contents.Pieces.Count,
            () => new Worker(graph),
            (worker, piece) => worker.Read(piece),
            context.Cancellation
        );
        return graph.Finish(limits);
    }

    public void Dispose()
    {
        rows.Dispose();
        shapes.Dispose();
    }

    /// <summary>Puts together what was read, now or some time ago.</summary>
    public static HeapGraphParts Parts(
        HeapContents contents,
        HeapTypes types,
        HprofLimits limits,
        NodeShapes shapes,
        ReferenceRows references,
        IReadOnlyList<WeakReferenceEdge> weak
    )
    {
        var objects = new HeapObjects(contents, limits);
        var labels = new HprofLabels(contents, types, objects);
        return new HeapGraphParts
        {
            TypeNames = types.Names,
            TypeObjects =
            [
                .. Enumerable
                    .Range(0, types.Names.Length)
                    .Select(t => t < contents.Classes.Count ? contents.ObjectCount + t : -1),
            ],
            Shapes = shapes,
            References = references,
            Roots = HprofRoots.Of(contents, labels),
            WeakReferences = weak,
            Ids = new HprofIds(contents, objects),
            Labels = labels,
        };
    }

    private HeapGraphParts Finish(HprofLimits limits)
    {
        if (gaps.Misfits > 0)
        {
            context.Warn(
                $"{gaps.Misfits:N0} instances have another size than their class tells: their references are unknown"
            );
        }

        var (typeOfShape, sizeOfShape) = TellSizes();
        AddClasses(typeOfShape, sizeOfShape);
        var frozen = shapes.Build([.. typeOfShape], [.. sizeOfShape]);
        return Parts(contents, types, limits, frozen, rows.Build(), weak);
    }

    private (List<int> Types, List<long> Sizes) TellSizes()
    {
        var layout = new ObjectLayout(contents.Classes, contents.IdSize, contents.ObjectCount, gaps);
        var typeOfShape = new List<int>();
        var sizeOfShape = new List<long>();
        for (var i = 0; i < contents.Classes.Count; i++)
        {
            typeOfShape.Add(i);
            sizeOfShape.Add(contents.Classes[i].InstanceSize);
        }

        typeOfShape.Add(types.UnknownClass);
        sizeOfShape.Add(layout.LeastSize);
        foreach (var (type, length) in types.Arrays.Pairs)
        {
            typeOfShape.Add(type);
            sizeOfShape.Add(layout.ArraySize(length, types.ElementSize(type, contents.IdSize)));
        }

        return (typeOfShape, sizeOfShape);
    }

    private void AddClasses(List<int> typeOfShape, List<long> sizeOfShape)
    {
        var shapeOfSize = new Dictionary<long, int>();
        for (var i = 0; i < contents.Classes.Count; i++)
        {
            var one = contents.Classes[i];
            if (!shapeOfSize.TryGetValue(one.ClassSize, out var shape))
            {
                shapeOfSize.Add(one.ClassSize, shape = typeOfShape.Count);
                typeOfShape.Add(types.ClassObject);
                sizeOfShape.Add(one.ClassSize);
            }

            shapes.Add(shape);
            foreach (var (id, _, _) in HprofLabels.ClassReferences(one))
            {
                if (id != 0 && contents.Find(id) is >= 0 and var target)
                {
                    rows.Add(target);
                }
            }

            rows.EndRow();
        }
    }

    /// <summary>Appends what a thread has read as soon as everything before it is there.</summary>
    private void Join(int piece, HeapPieceReader reader)
    {
        lock (turn)
        {
            while (nextPiece != piece && !isBroken)
            {
                Monitor.Wait(turn);
            }

            if (isBroken)
            {
                return;
            }

            shapes.AddRange(reader.Shapes);
            rows.AddRows(reader.Lengths, reader.Targets);
            weak.AddRange(reader.Weak);
            nextPiece++;
            Monitor.PulseAll(turn);
        }

        context.Report(0.3 + 0.3 * (piece + 1) / contents.Pieces.Count);
    }

    private void Break()
    {
        lock (turn)
        {
            isBroken = true;
            Monitor.PulseAll(turn);
        }
    }

    private sealed class Worker(HprofGraph graph) : IDisposable
    {
        private readonly HeapPieceReader reader = new(graph.contents, graph.types);

        public void Read(int piece)
        {
            try
            {
                graph.context.Cancellation.ThrowIfCancellationRequested();
                reader.Read(graph.contents.Pieces[piece]);
                graph.Join(piece, reader);
            }
            catch
            {
                graph.Break();
                throw;
            }
        }

        public void Dispose()
        {
            lock (graph.turn)
            {
                graph.gaps.Add(reader.Gaps);
            }

            reader.Dispose();
        }
    }
}
