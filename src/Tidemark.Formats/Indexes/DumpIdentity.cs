using System.Buffers.Binary;
using System.IO.Hashing;

namespace Tidemark.Formats.Indexes;

/// <summary>Tells whether an index was made of this very dump: its size, its time of change, and some of its content.</summary>
internal static class DumpIdentity
{
    /// <summary>Bytes of an identity.</summary>
    public const int Bytes = 16;

    private const int Probes = 64;
    private const int ProbeBytes = 4096;

    /// <summary>Reads a quarter of a megabyte at places that are spread over the file.</summary>
    public static byte[] Of(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var length = RandomAccess.GetLength(handle);
        var content = new byte[16 + Probes * ProbeBytes];
        BinaryPrimitives.WriteInt64LittleEndian(content, length);
        BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(8), File.GetLastWriteTimeUtc(handle).Ticks);
        for (var i = 0; i < Probes; i++)
        {
            var at = Math.Max(0, length - ProbeBytes) / (Probes - 1) * i;
            _ = RandomAccess.Read(handle, content.AsSpan(16 + i * ProbeBytes, ProbeBytes), at);
        }

        return XxHash128.Hash(content);
    }
}
