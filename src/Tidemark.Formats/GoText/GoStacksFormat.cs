using Tidemark.Core.Allocation;
using Tidemark.Formats.Pprof;

namespace Tidemark.Formats.GoText;

/// <summary>Goroutine stacks as Go prints them with <c>/debug/pprof/goroutine?debug=2</c>, on SIGQUIT and when it panics. See FORMAT.md.</summary>
public sealed class GoStacksFormat(PprofLimits? limits = null) : IDumpFormat
{
    private readonly PprofLimits limits = limits ?? PprofLimits.Default;

    /// <inheritdoc />
    public string Name => "go-stacks";

    /// <inheritdoc />
    public string Title => "Go goroutine stacks (debug=2, SIGQUIT or panic)";

    /// <inheritdoc />
    public bool Recognises(DumpHead head)
    {
        foreach (var range in head.Content.Split((byte)'\n'))
        {
            if (GoStacksReader.IsGoroutine(head.Content[range]))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(limits.MaxContentBytes, context.Cancellation);
        return new ProfileSnapshot(Read(content))
        {
            Format = Name,
            Runtime = "go",
            Warnings = context.Warnings,
        };
    }

    /// <summary>The goroutines of a text: one stack each, with what created it as the outermost frame, its state and its waiting time as labels.</summary>
    public static AllocationProfile Read(ReadOnlyMemory<byte> content) => GoStacksReader.Read(new TextLines(content));
}
