using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace Tidemark.Formats.V8;

/// <summary>The unpacked text of a snapshot, readable at any offset from any thread. A gzip file is unpacked into a temporary file that vanishes with the process.</summary>
internal sealed class V8Content
{
    private readonly SafeFileHandle handle;

    private V8Content(string path, SafeFileHandle handle, long length)
    {
        Path = path;
        this.handle = handle;
        Length = length;
    }

    /// <summary>The file as the user named it.</summary>
    public string Path { get; }

    /// <summary>Bytes of the unpacked text.</summary>
    public long Length { get; }

    public static V8Content Open(DumpFile file, CancellationToken cancellation)
    {
        var handle = file.IsPacked
            ? Unpack(file, cancellation)
            : File.OpenHandle(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return new V8Content(file.Path, handle, RandomAccess.GetLength(handle));
    }

    /// <summary>Fills the buffer from the offset on; less than its length only at the end of the text.</summary>
    public int Read(Span<byte> buffer, long offset)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var read = RandomAccess.Read(handle, buffer[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    public MalformedDumpException Malformed(long offset, string problem, Exception? inner = null) =>
        new(Path, offset, problem, inner);

    private static SafeFileHandle Unpack(DumpFile file, CancellationToken cancellation)
    {
        var temporary = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());
        var handle = File.OpenHandle(
            temporary,
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            FileOptions.DeleteOnClose
        );
        long written = 0;
        try
        {
            using var packed = new GZipStream(file.OpenRaw(), CompressionMode.Decompress);
            var buffer = new byte[1 << 18];
            int read;
            while ((read = packed.Read(buffer)) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                RandomAccess.Write(handle, buffer.AsSpan(0, read), written);
                written += read;
            }

            return handle;
        }
        catch (InvalidDataException e)
        {
            handle.Dispose();
            throw new MalformedDumpException(file.Path, written, "the gzip stream is damaged", e);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
