using System.IO.Compression;
using Tidemark.Formats.Zstd;

namespace Tidemark.Formats;

/// <summary>A capture on disk.</summary>
public sealed class DumpFile
{
    private DumpFile(string path, long length, bool isGzip, bool isZstd)
    {
        Path = path;
        Length = length;
        IsGzip = isGzip;
        IsZstd = isZstd;
    }

    public string Path { get; }

    /// <summary>The file's size in bytes, packed as it is.</summary>
    public long Length { get; }

    /// <summary>True where the whole file is a gzip stream.</summary>
    public bool IsGzip { get; }

    /// <summary>True where the whole file is a zstd stream.</summary>
    public bool IsZstd { get; }

    /// <summary>True where the content is not what stands on disk.</summary>
    public bool IsPacked => IsGzip || IsZstd;

    /// <summary>Looks at the file's first bytes.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static DumpFile Open(string path)
    {
        using var stream = OpenRaw(path);
        Span<byte> magic = stackalloc byte[4];
        magic = magic[..stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false)];
        return new DumpFile(
            path,
            stream.Length,
            isGzip: magic is [0x1f, 0x8b, ..],
            isZstd: magic is [0x28, 0xb5, 0x2f, 0xfd]
        );
    }

    /// <summary>The file as it stands on disk.</summary>
    public FileStream OpenRaw() => OpenRaw(Path);

    /// <summary>What the file holds, unpacked where it is gzip or zstd.</summary>
    /// <exception cref="MalformedDumpException">It is zstd, and this machine cannot unpack that.</exception>
    public Stream OpenContent()
    {
        if (!IsPacked)
        {
            return OpenRaw();
        }

        try
        {
            return IsGzip ? new GZipStream(OpenRaw(), CompressionMode.Decompress) : new ZstdStream(OpenRaw());
        }
        catch (PlatformNotSupportedException missing)
        {
            throw new MalformedDumpException(
                Path,
                0,
                $"is packed with zstd, and {missing.Message}: unpack it first with `zstd -d {Path}`",
                missing
            );
        }
    }

    /// <summary>The whole content in memory, unpacked where it is gzip or zstd: for formats that are small beside what they unpack to.</summary>
    /// <param name="maxBytes">The most that the content may take; a longer one is refused before it costs more.</param>
    /// <param name="cancellation">Stops the read.</param>
    /// <exception cref="MalformedDumpException">It is longer than that, or the packed stream is damaged or cut short.</exception>
    public ReadOnlyMemory<byte> ReadContent(long maxBytes, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, Array.MaxLength);
        using var stream = OpenContent();
        var content = new byte[(int)Math.Min(maxBytes, ExpectedContentLength() + 1)];
        var length = 0;
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var read = stream.Read(content, length, content.Length - length);
                if (read == 0 && length < content.Length)
                {
                    return content.AsMemory(0, length);
                }

                length += read;
                if (length == maxBytes)
                {
                    throw new MalformedDumpException(
                        Path,
                        length,
                        $"holds more than {maxBytes} bytes, which is refused"
                    );
                }

                if (length == content.Length)
                {
                    Array.Resize(ref content, (int)Math.Min(maxBytes, content.Length * 2L));
                }
            }
        }
        catch (InvalidDataException damaged)
        {
            throw new MalformedDumpException(Path, length, "the packed stream is damaged or cut short here", damaged);
        }
    }

    /// <summary>A guess: what a gzip stream says of itself in its last four bytes, as far as its own length makes that likely.</summary>
    private long ExpectedContentLength()
    {
        const int MostThatGzipPacks = 1032;
        if (!IsGzip || Length < 18)
        {
            return Length;
        }

        using var stream = OpenRaw();
        stream.Seek(-4, SeekOrigin.End);
        Span<byte> size = stackalloc byte[4];
        stream.ReadExactly(size);
        return Math.Min(BitConverter.ToUInt32(size), Length * MostThatGzipPacks);
    }

    private static FileStream OpenRaw(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
}
