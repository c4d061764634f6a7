using System.Runtime.InteropServices;
using System.Text;
using Tidemark.Core.Allocation;

namespace Tidemark.Formats.Tracemalloc;

/// <summary>Python's <c>tracemalloc.Snapshot.dump</c> files: a pickle, of which nothing is executed. See FORMAT.md.</summary>
public sealed class TracemallocFormat(TracemallocLimits? limits = null) : IDumpFormat
{
    private readonly TracemallocLimits limits = limits ?? TracemallocLimits.Default;

    /// <inheritdoc />
    public string Name => "tracemalloc";

    /// <inheritdoc />
    public string Title => "Python tracemalloc snapshot";

    /// <summary>Any pickle of protocol 2 to 5: a file that is one but no snapshot gets an answer that says so.</summary>
    public bool Recognises(DumpHead head) =>
        head.Content is [0x80, >= 2 and <= 5, 0x95 or (byte)'c', ..]
        || (head.Content is [0x80, >= 2 and <= 5, ..] && Mentions(head.Content));

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var symbols = new TracemallocSymbols();
        var sums = Run(file, symbols, context, (objects, result) => objects.Sums(result));
        return new ProfileSnapshot(Profile(symbols, sums))
        {
            Format = Name,
            Runtime = "python",
            TakenAt = null,
            Warnings = context.Warnings,
        };
    }

    /// <summary>Reads a snapshot as it is; two with the same symbols are compared fastest.</summary>
    /// <exception cref="MalformedDumpException">It is no snapshot, or damaged.</exception>
    public TracemallocSnapshot ReadSnapshot(DumpFile file, TracemallocSymbols symbols, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(symbols);
        ArgumentNullException.ThrowIfNull(context);
        return Run(file, symbols, context, (objects, result) => objects.Snapshot(result));
    }

    private T Run<T>(
        DumpFile file,
        TracemallocSymbols symbols,
        ReadContext context,
        Func<TracemallocObjects, PickleValue, T> make
    )
    {
        using var stream = file.OpenContent();
        using var input = new PickleInput(stream, file.Path);
        using var objects = new TracemallocObjects(input, limits, symbols);
        using var machine = new PickleMachine(input, limits, objects);
        return make(objects, machine.Run(context.Cancellation));
    }

    /// <summary>The same as a profile: Python names no functions here, so a line stands for one.</summary>
    private static AllocationProfile Profile(TracemallocSymbols symbols, TracemallocSums sums)
    {
        var builder = new AllocationProfileBuilder(
            [SampleType.InUseObjects, SampleType.InUseSpace],
            symbols.TracebackCount
        );
        var frames = new int[symbols.FrameCount];
        for (var i = 0; i < frames.Length; i++)
        {
            var (file, line) = (symbols.File(symbols.FileOf(i)), symbols.LineOf(i));
            frames[i] = builder.AddFrame($"{file}:{line}", file, line);
        }

        var stack = new List<int>();
        for (var traceback = 0; traceback < symbols.TracebackCount; traceback++)
        {
            if (sums.Counts[traceback] == 0)
            {
                continue;
            }

            stack.Clear();
            foreach (var frame in symbols.Traceback(traceback))
            {
                stack.Add(frames[frame]);
            }

            builder.Add(CollectionsMarshal.AsSpan(stack), [sums.Counts[traceback], sums.Sizes[traceback]]);
        }

        return builder.Build();
    }

    private static bool Mentions(ReadOnlySpan<byte> content) =>
        content.IndexOf(Encoding.ASCII.GetBytes("tracemalloc")) >= 0;
}
