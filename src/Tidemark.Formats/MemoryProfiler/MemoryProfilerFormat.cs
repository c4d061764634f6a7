using Tidemark.Core.Allocation;

namespace Tidemark.Formats.MemoryProfiler;

/// <summary>The line-by-line report of Python's memory_profiler: how much memory each line of a function added. See FORMAT.md.</summary>
public sealed class MemoryProfilerFormat : IDumpFormat
{
    private const long MaxContentBytes = 64 << 20;

    private static readonly SampleType Occurrences = new("occurrences", "count");
    private static readonly SampleType Increment = new("increment", "bytes");

    /// <inheritdoc />
    public string Name => "memory-profiler";

    /// <inheritdoc />
    public string Title => "memory_profiler line-by-line report";

    /// <summary>The table's header: what the program printed before it may stand there as well.</summary>
    public bool Recognises(DumpHead head)
    {
        for (var rest = head.Content; rest.Length > 0; )
        {
            var end = rest.IndexOf((byte)'\n');
            if (MemoryProfilerReader.IsHeader(end < 0 ? rest : rest[..end]))
            {
                return true;
            }

            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return false;
    }

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(MaxContentBytes, context.Cancellation).Span;
        var builder = new AllocationProfileBuilder([Occurrences, Increment])
        {
            Header = new ProfileHeader { DefaultSampleType = Increment.Name },
        };
        foreach (var line in new MemoryProfilerReader(file.Path).Read(content))
        {
            Span<int> stack = [builder.AddFrame(line.Function, line.File, line.Number)];
            builder.Add(stack, [line.Occurrences, line.Increment]);
        }

        return new ProfileSnapshot(builder.Build())
        {
            Format = Name,
            Runtime = "python",
            Warnings = context.Warnings,
        };
    }
}
