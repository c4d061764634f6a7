using System.IO.Compression;

namespace Tidemark.Formats;

/// <summary>A capture on disk.</summary>
public sealed class DumpFile
{
    private DumpFile(string path, long length, bool isGzip)
    {
        Path = path;
        Length = length;
        IsGzip = isGzip;
    }

    public string Path { get; }

    /// <summary>The file's size in bytes, packed as it is.</summary>
    public long Length { get; }

    /// <summary>True where the whole file is a gzip stream.</summary>
    public bool IsGzip { get; }

    /// <summary>Looks at the file's first bytes.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DumpFile Open(string path)
    {
        using var stream = OpenRaw(path);
        Span<byte> magic = stackalloc byte[2];
        var isGzip = stream.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        return new DumpFile(path, stream.Length, isGzip);
    }

    /// <summary>The file as it stands on disk.</summary>
    public FileStream OpenRaw() => OpenRaw(Path);

    /// <summary>What the file holds, unpacked where it is gzip.</summary>
    public Stream OpenContent() => IsGzip ? new GZipStream(OpenRaw(), CompressionMode.Decompress) : OpenRaw();

    private static FileStream OpenRaw(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
}
