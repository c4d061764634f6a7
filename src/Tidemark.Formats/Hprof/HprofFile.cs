using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace Tidemark.Formats.Hprof;

/// <summary>The dump's content, readable at any place: the file itself, or an unpacked copy without a name where it is packed.</summary>
internal sealed class HprofFile : IDisposable
{
    private static readonly byte[] Magic = "JAVA PROFILE 1.0."u8.ToArray();

    private HprofFile(string path, SafeFileHandle handle)
    {
        Path = path;
        Handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>Bytes of the unpacked content.</summary>
    public long Length { get; }

    /// <summary>How much of it is read at once.</summary>
    public int BufferBytes => (int)Math.Clamp(Length, 4096, 1 << 18);

    public static bool Recognises(ReadOnlySpan<byte> content) => content.StartsWith(Magic);

    /// <exception cref="IOException">It cannot be read, or there is no place to unpack it.</exception>
    public static HprofFile Open(DumpFile file, ReadContext context)
    {
        if (!file.IsGzip)
        {
            return new HprofFile(
                file.Path,
                File.OpenHandle(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
            );
        }

        return new HprofFile(file.Path, Unpack(file, context));
    }

    public MalformedDumpException Malformed(long offset, string problem) => new(Path, offset, problem);

    public void Dispose() => Handle.Dispose();

    /// <summary>Unpacks into a file that is gone as soon as it is closed.</summary>
    private static SafeFileHandle Unpack(DumpFile file, ReadContext context)
    {
        var copy = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"tidemark-{Guid.NewGuid():N}.hprof");
        var handle = File.OpenHandle(copy, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        try
        {
            File.Delete(copy);
            using var packed = file.OpenRaw();
            using var content = new GZipStream(packed, CompressionMode.Decompress);
            var buffer = new byte[1 << 16];
            long offset = 0;
            while (ReadAhead(content, buffer, context) is > 0 and var read)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                RandomAccess.Write(handle, buffer.AsSpan(0, read), offset);
                offset += read;
            }

            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static int ReadAhead(GZipStream content, byte[] buffer, ReadContext context)
    {
        try
        {
            return content.Read(buffer);
        }
        catch (InvalidDataException damaged)
        {
            context.Warn($"the gzip data is damaged and was unpacked as far as it goes ({damaged.Message})");
            return 0;
        }
    }
}
