namespace Tidemark.Formats.Pprof;

/// <summary>Profiles of google/pprof: a protobuf message, nearly always packed with gzip. See FORMAT.md.</summary>
public sealed class PprofFormat(PprofLimits? limits = null) : IDumpFormat
{
    private const int LastField = 15;
    private readonly PprofLimits limits = limits ?? PprofLimits.Default;

    /// <inheritdoc />
    public string Name => "pprof";

    /// <inheritdoc />
    public string Title => "pprof profile";

    /// <summary>There is no magic number: the first fields must be those of a profile, and the first of all a sample type or another message.</summary>
    public bool Recognises(DumpHead head)
    {
        var reader = new WireReader(head.Content, "", 0);
        var fields = 0;
        try
        {
            while (!reader.AtEnd)
            {
                var field = reader.ReadTag(out var type);
                var isMessage = field is (>= 1 and <= 6) or 11;
                if (
                    field > LastField
                    || (isMessage && type != WireType.Bytes)
                    || (!isMessage && field != 13 && type != WireType.Varint)
                )
                {
                    return false;
                }

                fields++;
                reader.Skip(type);
            }
        }
        catch (MalformedDumpException)
        {
            // The head ends inside a field, or the file does: the reader will say.
            return fields > 0;
        }

        return fields > 0;
    }

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(limits.MaxContentBytes, context.Cancellation);
        var profile = PprofReader.Read(content, file.Path, limits, context);
        return new ProfileSnapshot(profile)
        {
            Format = Name,
            Runtime = SourceLanguage.RuntimeOf(profile),
            TakenAt = profile.Header.TakenAt,
            Warnings = context.Warnings,
        };
    }
}
