using System.IO.Compression;
using Tidemark.Core.Series;
using Tidemark.Metrics.Csv;
using Tidemark.Metrics.Mprof;

namespace Tidemark.Metrics;

/// <summary>The histories of one file, and what was strange about it.</summary>
/// <param name="Histories">One a process.</param>
/// <param name="Warnings">What was ignored or repaired, each a sentence.</param>
public sealed record HistoryFile(IReadOnlyList<ProcessHistory> Histories, IReadOnlyList<string> Warnings);

/// <summary>One kind of file that holds histories, told by how it begins.</summary>
/// <param name="Name">Its name, such as <c>csv</c>.</param>
/// <param name="Recognises">Whether a file that begins with these bytes (up to 4 KiB) is of this kind.</param>
/// <param name="Read">Reads it; the name is the target's, the path is for messages.</param>
public sealed record HistoryFormat(string Name, HistoryFormat.Recogniser Recognises, HistoryFormat.Reader Read)
{
    /// <summary>Whether a file begins as this kind does.</summary>
    public delegate bool Recogniser(ReadOnlySpan<byte> head);

    /// <summary>Reads a whole file of this kind.</summary>
    public delegate HistoryFile Reader(byte[] bytes, string targetName, string path);
}

/// <summary>All kinds of history files, and the one way to read them.</summary>
public static class HistoryFormats
{
    /// <summary>The largest file that is read, unpacked: some 10 million samples.</summary>
    public const long MaximumBytes = 1L << 30;

    /// <summary>How much of a file tells its kind.</summary>
    private const int HeadBytes = 4096;

    /// <summary>In the order in which they are asked; CSV, which has no magic, stands last.</summary>
    public static IReadOnlyList<HistoryFormat> All { get; } = [MprofHistory.Format, CsvHistory.Format];

    /// <summary>Reads a history file, packed with gzip or not; its name without the endings is the target's.</summary>
    /// <exception cref="MalformedHistoryException">It is not a history or is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static HistoryFile Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var bytes = ReadBytes(path);
        var format =
            Detect(bytes)
            ?? throw new MalformedHistoryException(
                $"{path}: not a history of a known format ({string.Join(", ", All.Select(f => f.Name))}); a CSV history begins with a header line that names 'time' and 'footprint_bytes'"
            );
        return format.Read(bytes, TargetName(path), path);
    }

    private static HistoryFormat? Detect(byte[] bytes)
    {
        foreach (var format in All)
        {
            if (format.Recognises(bytes.AsSpan(0, Math.Min(bytes.Length, HeadBytes))))
            {
                return format;
            }
        }

        return null;
    }

    private static string TargetName(string path)
    {
        var name = Path.GetFileName(path);
        if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            name = name[..^3];
        }

        return name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? name[..^4] : name;
    }

    private static byte[] ReadBytes(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > MaximumBytes)
        {
            throw TooLarge(path);
        }

        var isGzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        if (!isGzip)
        {
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }

        try
        {
            return Unpack(file, path);
        }
        catch (InvalidDataException damaged)
        {
            throw new MalformedHistoryException($"{path}: damaged gzip: {damaged.Message}", damaged);
        }
    }

    private static byte[] Unpack(FileStream packed, string path)
    {
        using var unpacked = new MemoryStream();
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        var chunk = new byte[1 << 16];
        int got;
        while ((got = gzip.Read(chunk)) > 0)
        {
            if (unpacked.Length + got > MaximumBytes)
            {
                throw TooLarge(path);
            }

            unpacked.Write(chunk, 0, got);
        }

        return unpacked.ToArray();
    }

    private static MalformedHistoryException TooLarge(string path) =>
        new($"{path}: more than {MaximumBytes >> 30} GiB; cut it into several files, one a process");
}
