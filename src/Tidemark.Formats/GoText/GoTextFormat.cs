using Tidemark.Formats.Pprof;

namespace Tidemark.Formats.GoText;

/// <summary>What Go's profile endpoints print with <c>?debug=1</c>: heap and count profiles as text. See FORMAT.md.</summary>
public sealed class GoTextFormat(PprofLimits? limits = null) : IDumpFormat
{
    private readonly PprofLimits limits = limits ?? PprofLimits.Default;

    /// <inheritdoc />
    public string Name => "go-text";

    /// <inheritdoc />
    public string Title => "Go profile as text (debug=1)";

    /// <inheritdoc />
    public bool Recognises(DumpHead head)
    {
        var end = head.Content.IndexOf((byte)'\n');
        var first = end < 0 ? head.Content : head.Content[..end];
        return (first.StartsWith("heap profile: "u8) && first.IndexOf(" @ heap/"u8) > 0)
            || first.StartsWith("goroutine profile: total "u8)
            || first.StartsWith("threadcreate profile: total "u8);
    }

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var lines = new TextLines(file.ReadContent(limits.MaxContentBytes, context.Cancellation));
        var profile = new GoTextReader(lines, file.Path).Read();
        return new ProfileSnapshot(profile)
        {
            Format = Name,
            Runtime = "go",
            Warnings = context.Warnings,
        };
    }
}
