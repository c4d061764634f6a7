using System.IO.Compression;

namespace Tidemark.Metrics;

/// <summary>The bytes of a history file, unpacked where it is packed with gzip; they can be read again and again.</summary>
public sealed class HistorySource(string path)
{
    /// <summary>The largest file that is read as a whole, unpacked: some 10 million samples.</summary>
    public const long MaximumBytes = 1L << 30;

    /// <summary>How much of a file tells its kind.</summary>
    private const int HeadBytes = 4096;

    // What cannot be read twice (a pipe), is kept.
    private byte[]? kept;

    /// <summary>The bytes of a file that was read already.</summary>
    internal HistorySource(string path, byte[] bytes)
        : this(path) => kept = bytes;

    /// <summary>Where it is, for messages.</summary>
    public string Path => path;

    /// <summary>The file's name without its endings.</summary>
    public string TargetName
    {
        get
        {
            var name = System.IO.Path.GetFileName(path);
            if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            {
                name = name[..^3];
            }

            return name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? name[..^4] : name;
        }
    }

    /// <summary>The first bytes.</summary>
    public byte[] ReadHead()
    {
        using var stream = Open();
        var head = new byte[HeadBytes];
        var length = Guarded(() => stream.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false));
        return head[..length];
    }

    /// <summary>All bytes.</summary>
    /// <exception cref="MalformedHistoryException">There are too many of them, or the packing is damaged.</exception>
    public byte[] ReadBytes()
    {
        using var stream = Open();
        if (stream is FileStream)
        {
            if (stream.Length > MaximumBytes)
            {
                throw TooLarge();
            }

            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }

        return Guarded(() => Drain(stream));
    }

    /// <summary>A stream from the first byte on.</summary>
    public Stream Open()
    {
        if (kept is null)
        {
            var pipe = File.OpenRead(path);
            if (pipe.CanSeek)
            {
                return Unpacked(pipe);
            }

            using (pipe)
            {
                kept = Drain(pipe);
            }
        }

        return Unpacked(new MemoryStream(kept, writable: false));
    }

    private static Stream Unpacked(Stream file)
    {
        var isGzip = file.ReadByte() == Gzip[0] && file.ReadByte() == Gzip[1];
        file.Position = 0;
        return isGzip ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Reads, and tells of a damaged packing in our words.</summary>
    public T Guarded<T>(Func<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            return read();
        }
        catch (InvalidDataException damaged)
        {
            throw new MalformedHistoryException($"{path}: damaged gzip: {damaged.Message}", damaged);
        }
    }

    private static ReadOnlySpan<byte> Gzip => [0x1f, 0x8b];

    private byte[] Drain(Stream stream)
    {
        using var all = new MemoryStream();
        var chunk = new byte[1 << 16];
        int got;
        while ((got = stream.Read(chunk)) > 0)
        {
            if (all.Length + got > MaximumBytes)
            {
                throw TooLarge();
            }

            all.Write(chunk, 0, got);
        }

        return all.ToArray();
    }

    private MalformedHistoryException TooLarge() =>
        new($"{path}: more than {MaximumBytes >> 30} GiB; cut it into several files, one a process");
}
