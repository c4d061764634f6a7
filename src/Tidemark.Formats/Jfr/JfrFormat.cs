namespace Tidemark.Formats.Jfr;

/// <summary>Recordings of the JDK's Flight Recorder, for their allocations and their samples of live objects. See FORMAT.md.</summary>
public sealed class JfrFormat(JfrLimits? limits = null) : IDumpFormat
{
    private readonly JfrLimits limits = limits ?? JfrLimits.Default;

    /// <inheritdoc />
    public string Name => "jfr";

    /// <inheritdoc />
    public string Title => "Java flight recording";

    /// <inheritdoc />
    public bool Recognises(DumpHead head) => head.Content.StartsWith(JfrChunk.Magic);

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        var content = file.ReadContent(limits.MaxContentBytes, context.Cancellation);
        var profile = new JfrProfile(limits);
        for (var at = 0; at < content.Length; )
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Report(at / (double)content.Length);
            var rest = content[at..];
            if (rest.Length < JfrChunk.HeaderSize || !rest.Span.StartsWith(JfrChunk.Magic))
            {
                throw new MalformedDumpException(file.Path, at, "a chunk, which begins with FLR, is expected");
            }

            var size = JfrChunk.SizeOf(rest.Span);
            if (size < JfrChunk.HeaderSize || size > rest.Length)
            {
                if (at == 0)
                {
                    throw new MalformedDumpException(
                        file.Path,
                        at,
                        $"the first chunk says that it takes {size} bytes, and the file holds {rest.Length}: the recording is cut short or was not finished"
                    );
                }

                context.Warn($"the recording is cut short in the chunk at byte {at}, which is left out");
                break;
            }

            profile.Add(JfrChunk.Open(rest[..(int)size], file.Path, at));
            at += (int)size;
        }

        return new ProfileSnapshot(profile.Build())
        {
            Format = Name,
            Runtime = "jvm",
            Warnings = context.Warnings,
        };
    }
}
