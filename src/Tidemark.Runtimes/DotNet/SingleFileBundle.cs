using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection.PortableExecutable;
using Tidemark.Runtimes.Processes;
using Tidemark.Symbols.Elf;

namespace Tidemark.Runtimes.DotNet;

/// <summary>The assemblies that lie in the executable of a single-file program (<c>PublishSingleFile</c>).</summary>
/// <remarks>
/// The host has the place of the bundle's header in its data, before the mark that the publisher looks for to put it there; the header
/// lists the files with their place, packed (raw deflate) or not. The form is that of .NET's host model, versions 1 (.NET Core 3.1),
/// 2 (.NET 5) and 6 (.NET 6 and later). The runtime names such a module by the directory of the executable and the file's path in the bundle.
/// </remarks>
internal sealed class SingleFileBundle
{
    private const int MostFiles = 100_000;
    private const int MostBytes = 512 << 20; // of one assembly, unpacked

    // SHA-256 of ".net core bundle", with a line feed.
    private static ReadOnlySpan<byte> Mark =>
        [
            0x8b,
            0x12,
            0x02,
            0xb9,
            0x6a,
            0x61,
            0x20,
            0x38,
            0x72,
            0x7b,
            0x93,
            0x02,
            0x14,
            0xd7,
            0xa0,
            0x32,
            0x13,
            0xf5,
            0xb9,
            0xe6,
            0xef,
            0xae,
            0x33,
            0x18,
            0xee,
            0x3b,
            0x2d,
            0xce,
            0x24,
            0xb3,
            0x6a,
            0xae,
        ];

    private readonly string executable;
    private readonly string directory;
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    private SingleFileBundle(string executable, string directory)
    {
        this.executable = executable;
        this.directory = directory;
    }

    /// <summary>The bundle that a process runs from; null where it runs from none, or it cannot be read.</summary>
    public static SingleFileBundle? Of(LinuxProcess process) =>
        process.ReadExecutable() is { } path ? Open(process.Executable, Path.GetDirectoryName(path) ?? "/") : null;

    /// <summary>The bundle in an executable; null where there is none, or it is damaged.</summary>
    /// <param name="executable">The file.</param>
    /// <param name="directory">Where the program believes that it is.</param>
    public static SingleFileBundle? Open(string executable, string directory)
    {
        try
        {
            if (HeaderOffset(executable) is not (> 0 and var offset))
            {
                return null;
            }

            using var reader = new BinaryReader(File.OpenRead(executable));
            reader.BaseStream.Position = offset;
            var bundle = new SingleFileBundle(executable, directory);
            bundle.ReadHeader(reader);
            return bundle;
        }
        catch (Exception e)
            when (e
                    is ElfException
                        or IOException
                        or UnauthorizedAccessException
                        or InvalidDataException
                        or FormatException
                        or ArgumentException
            )
        {
            return null;
        }
    }

    /// <summary>An assembly by the path that the runtime gives it; null where it is none of the bundle's, or damaged.</summary>
    public PEReader? Assembly(string path)
    {
        if (
            !path.StartsWith(directory, StringComparison.Ordinal)
            || !entries.TryGetValue(path[directory.Length..].TrimStart('/'), out var entry)
        )
        {
            return null;
        }

        var file = File.OpenRead(executable);
        file.Position = entry.Offset;
        if (entry.PackedSize == 0)
        {
            return new PEReader(file, PEStreamOptions.PrefetchMetadata, (int)entry.Size);
        }

        using (file)
        {
            // The reader takes the metadata out of it, and the rest is dropped.
            var unpacked = new byte[entry.Size];
            using var deflate = new DeflateStream(file, CompressionMode.Decompress);
            deflate.ReadExactly(unpacked);
            return new PEReader(new MemoryStream(unpacked), PEStreamOptions.PrefetchMetadata);
        }
    }

    private static long HeaderOffset(string executable)
    {
        using var elf = ElfFile.Open(executable);
        var data = elf.Content(".data").Span;
        var mark = data.IndexOf(Mark);
        return mark >= sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(data[(mark - sizeof(long))..]) : 0;
    }

    private void ReadHeader(BinaryReader reader)
    {
        var version = reader.ReadUInt32();
        reader.ReadUInt32(); // minor version
        var count = reader.ReadInt32();
        if (version is 0 or > 6 || count is < 0 or > MostFiles)
        {
            throw new InvalidDataException($"a bundle of version {version} with {count} files");
        }

        reader.ReadString(); // its identity
        if (version >= 2)
        {
            // Where the two JSON files lie, and flags.
            reader.BaseStream.Seek(5 * sizeof(long), SeekOrigin.Current);
        }

        for (var i = 0; i < count; i++)
        {
            var offset = reader.ReadInt64();
            var size = reader.ReadInt64();
            var packed = version >= 6 ? reader.ReadInt64() : 0;
            reader.ReadByte(); // the kind of file: the runtime's own names of modules tell which of them are assemblies
            var path = reader.ReadString();
            var taken = packed == 0 ? size : packed;
            if (offset > 0 && size is > 0 and <= MostBytes && taken > 0 && taken <= reader.BaseStream.Length - offset)
            {
                entries[path] = new Entry(offset, size, packed);
            }
        }
    }

    private readonly record struct Entry(long Offset, long Size, long PackedSize);
}
