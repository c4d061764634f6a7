using System.Buffers;

namespace Tidemark.Formats.Heaptrack;

/// <summary>How much a heaptrack file may hold.</summary>
public sealed record HeaptrackLimits
{
    public static HeaptrackLimits Default { get; } = new();

    /// <summary>One line, in bytes: names of C++ functions can be long.</summary>
    public int MaxLineBytes { get; init; } = 1 << 20;

    /// <summary>All names together, in bytes.</summary>
    public long MaxTextBytes { get; init; } = 1L << 29;

    /// <summary>Rows in each of the tables of instructions, traces and kinds of allocation.</summary>
    public int MaxRows { get; init; } = 1 << 26;

    /// <summary>Frames in one stack. Heaptrack itself records 64 addresses.</summary>
    public int MaxStackDepth { get; init; } = 1 << 12;

    /// <summary>Frames in all stacks together.</summary>
    public long MaxStackFrames { get; init; } = 1 << 28;
}

/// <summary>Data files of heaptrack, interpreted (file versions 1 to 3), plain, gzip or zstd. See FORMAT.md.</summary>
public sealed class HeaptrackFormat(HeaptrackLimits? limits = null) : IDumpFormat
{
    private static readonly SearchValues<byte> VersionCharacters = SearchValues.Create("0123456789abcdef "u8);

    private readonly HeaptrackLimits limits = limits ?? HeaptrackLimits.Default;

    /// <inheritdoc />
    public string Name => "heaptrack";

    /// <inheritdoc />
    public string Title => "heaptrack data file";

    /// <summary>A file begins with <c>v 10400 3</c>: the program's and the file's version in hexadecimal, and then a line of the few kinds there are.</summary>
    public bool Recognises(DumpHead head)
    {
        var text = head.Content;
        var end = text.IndexOf((byte)'\n');
        if (end is < 5 or > 40 || !text.StartsWith("v "u8))
        {
            return false;
        }

        var next = text[(end + 1)..];
        return text[2..end].IndexOfAnyExcept(VersionCharacters) < 0
            && (next.IsEmpty || (next.Length > 1 && next[1] == ' ' && "XIscRaitA#S"u8.Contains(next[0])));
    }

    /// <inheritdoc />
    public Snapshot Read(DumpFile file, ReadContext context)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(context);
        using var content = file.OpenContent();
        var data = new HeaptrackData(file.Path, limits);
        try
        {
            new HeaptrackReader(content, data, context).Read(file.Length);
        }
        catch (InvalidDataException damaged)
        {
            // Heaptrack writes until its target ends; one that was killed leaves a stream without an end.
            context.Warn($"the packed stream ends early ({damaged.Message}): what was read so far is shown");
        }

        return new ProfileSnapshot(data.Build())
        {
            Format = Name,
            Runtime = "native",
            Warnings = context.Warnings,
        };
    }
}
