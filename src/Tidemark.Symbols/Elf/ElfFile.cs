using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tidemark.Symbols.Elf;

/// <summary>The file is not an ELF object that can be read, or is damaged; the message is one line.</summary>
public sealed class ElfException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A section of an object file.</summary>
/// <param name="Name">Its name, such as <c>.text</c>.</param>
/// <param name="Type">SHT_*.</param>
/// <param name="Flags">SHF_*.</param>
/// <param name="Address">Where it is linked to, 0 where it is not loaded.</param>
/// <param name="Offset">Where it is in the file.</param>
/// <param name="Size">Its size in the file in bytes, packed where it is packed.</param>
/// <param name="Link">The section that it refers to.</param>
public sealed record ElfSection(string Name, uint Type, ulong Flags, ulong Address, long Offset, long Size, int Link);

/// <summary>A part of the file as it is mapped into memory (PT_LOAD and others).</summary>
/// <param name="Type">PT_*.</param>
/// <param name="Flags">PF_*.</param>
/// <param name="Offset">Where it is in the file.</param>
/// <param name="Address">The address it is linked to.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="MemorySize">Bytes in memory; the rest is zero.</param>
public readonly record struct ElfSegment(
    uint Type,
    uint Flags,
    ulong Offset,
    ulong Address,
    ulong FileSize,
    ulong MemorySize
);

/// <summary>An ELF object (System V ABI, generic and x86-64/AArch64 supplements): 64-bit, little-endian. Sections are read when they are asked for.</summary>
public sealed class ElfFile : IDisposable
{
    public const ushort Amd64 = 62;
    public const ushort Arm64 = 183;

    private const uint NoBits = 8;
    private const uint NoteSegment = 4;
    private const ulong Compressed = 0x800;
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int ProgramHeaderSize = 56;

    // Debug information of the largest programs there are is a few gigabytes; arrays end at two.
    private const long SectionLimit = 0x7FFFFFC7;

    private readonly SafeFileHandle file;
    private readonly long length;
    private readonly Dictionary<string, byte[]> contents = new(StringComparer.Ordinal);

    private ElfFile(string path, SafeFileHandle file)
    {
        Path = path;
        this.file = file;
        length = RandomAccess.GetLength(file);
    }

    public string Path { get; }

    /// <summary>EM_*: <see cref="Amd64"/>, <see cref="Arm64"/>, ...</summary>
    public ushort Machine { get; private set; }

    /// <summary>True for a shared object or a position-independent program, whose addresses are relative to where it is loaded.</summary>
    public bool IsRelocatable { get; private set; }

    public IReadOnlyList<ElfSection> Sections { get; private set; } = [];

    public IReadOnlyList<ElfSegment> Segments { get; private set; } = [];

    /// <summary>Opens an object file.</summary>
    /// <exception cref="ElfException">It is none, of another word size or byte order, or its headers are damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ElfFile Open(string path)
    {
        var elf = new ElfFile(
            path,
            File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
        );
        try
        {
            elf.ReadHeaders();
            return elf;
        }
        catch
        {
            elf.Dispose();
            throw;
        }
    }

    public void Dispose() => file.Dispose();

    public ElfSection? Section(string name)
    {
        foreach (var section in Sections)
        {
            if (section.Name == name)
            {
                return section;
            }
        }

        return null;
    }

    /// <summary>A section's bytes, unpacked; empty where there is none, where it has no bytes in the file, or where it is packed in a way that cannot be read.</summary>
    /// <exception cref="ElfException">It reaches past the file's end, or is too large.</exception>
    public ReadOnlyMemory<byte> Content(string name)
    {
        if (!contents.TryGetValue(name, out var content))
        {
            content = Section(name) is { Type: not NoBits } section ? Load(section) : [];
            contents[name] = content;
        }

        return content;
    }

    /// <summary>A section's bytes, unpacked, read anew at each call.</summary>
    /// <exception cref="ElfException">It reaches past the file's end, or is too large.</exception>
    public byte[] Load(ElfSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        var bytes = Read(section.Offset, section.Size, $"section {section.Name}");
        if ((section.Flags & Compressed) == 0)
        {
            return bytes;
        }

        // Elf64_Chdr: type, reserved, size, alignment; type 1 is zlib.
        const int header = 24;
        if (bytes.Length < header || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != 1)
        {
            return [];
        }

        var size = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8));
        // zlib cannot pack tighter than about 1 : 1032.
        if (size > (ulong)SectionLimit || size / 1100 > (ulong)bytes.Length)
        {
            throw new ElfException($"{Path}: section {section.Name} claims to unpack to {size} bytes");
        }

        var unpacked = new byte[size];
        try
        {
            using var zlib = new ZLibStream(
                new MemoryStream(bytes, header, bytes.Length - header),
                CompressionMode.Decompress
            );
            zlib.ReadExactly(unpacked);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new ElfException($"{Path}: section {section.Name} cannot be unpacked", e);
        }

        return unpacked;
    }

    /// <summary>The identity that the linker gave the object, in hexadecimal; null where it has none.</summary>
    public string? BuildId
    {
        get
        {
            foreach (var segment in Segments)
            {
                if (segment.Type == NoteSegment && segment.FileSize < 1 << 16 && FindBuildId(segment) is { } id)
                {
                    return id;
                }
            }

            return null;
        }
    }

    /// <summary>The address in the object of a byte of the file; null where it is not mapped.</summary>
    public ulong? AddressOf(ulong fileOffset)
    {
        foreach (var segment in Segments)
        {
            if (segment.Type == 1 && fileOffset >= segment.Offset && fileOffset - segment.Offset < segment.FileSize)
            {
                return segment.Address + (fileOffset - segment.Offset);
            }
        }

        return null;
    }

    /// <summary>The offset in the file of an address in the object; null where it is not in the file.</summary>
    public ulong? OffsetOf(ulong address)
    {
        foreach (var segment in Segments)
        {
            if (segment.Type == 1 && address >= segment.Address && address - segment.Address < segment.FileSize)
            {
                return segment.Offset + (address - segment.Address);
            }
        }

        return null;
    }

    private string? FindBuildId(ElfSegment segment)
    {
        const uint gnuBuildId = 3;
        ReadOnlySpan<byte> notes = Read((long)segment.Offset, (long)segment.FileSize, "a note");
        while (notes.Length >= 12)
        {
            var nameSize = BinaryPrimitives.ReadUInt32LittleEndian(notes);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(notes[4..]);
            var type = BinaryPrimitives.ReadUInt32LittleEndian(notes[8..]);
            var description = 12 + ((nameSize + 3UL) & ~3UL);
            if (description + size > (ulong)notes.Length)
            {
                return null;
            }

            if (type == gnuBuildId && notes.Slice(12, (int)nameSize).SequenceEqual("GNU\0"u8))
            {
                return Convert.ToHexStringLower(notes.Slice((int)description, (int)size));
            }

            var next = description + ((size + 3UL) & ~3UL);
            notes = next < (ulong)notes.Length ? notes[(int)next..] : [];
        }

        return null;
    }

    /// <summary>Bytes of the file.</summary>
    /// <param name="offset">Where they begin.</param>
    /// <param name="size">How many.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="ElfException">They reach past the file's end.</exception>
    public byte[] Read(long offset, long size, string what)
    {
        if (offset < 0 || size < 0 || offset > length || size > length - offset)
        {
            throw new ElfException($"{Path}: {what} reaches past the end of the file: it is truncated or damaged");
        }

        if (size > SectionLimit)
        {
            throw new ElfException($"{Path}: {what} is larger than {SectionLimit} bytes");
        }

        var bytes = new byte[size];
        var done = 0;
        while (done < bytes.Length)
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(done), offset + done);
            if (read == 0)
            {
                throw new ElfException($"{Path}: {what} reaches past the end of the file: it is truncated or damaged");
            }

            done += read;
        }

        return bytes;
    }

    private void ReadHeaders()
    {
        if (length < HeaderSize)
        {
            throw new ElfException($"{Path}: not an ELF object: only {length} bytes");
        }

        ReadOnlySpan<byte> header = Read(0, HeaderSize, "the header");
        if (!header.StartsWith("\u007fELF"u8))
        {
            throw new ElfException($"{Path}: not an ELF object");
        }

        if (header[4] != 2 || header[5] != 1)
        {
            throw new ElfException($"{Path}: only 64-bit little-endian objects can be read");
        }

        const ushort sharedObject = 3;
        IsRelocatable = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) == sharedObject;
        Machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        var programHeaders = (long)BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        var sectionHeaders = (long)BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        Segments = ReadSegments(programHeaders, BinaryPrimitives.ReadUInt16LittleEndian(header[56..]));
        if (sectionHeaders != 0)
        {
            Sections = ReadSections(
                sectionHeaders,
                BinaryPrimitives.ReadUInt16LittleEndian(header[60..]),
                BinaryPrimitives.ReadUInt16LittleEndian(header[62..])
            );
        }
    }

    private ElfSegment[] ReadSegments(long offset, int count)
    {
        var table = Read(offset, (long)count * ProgramHeaderSize, "the program headers");
        var segments = new ElfSegment[count];
        for (var i = 0; i < count; i++)
        {
            var entry = table.AsSpan(i * ProgramHeaderSize);
            segments[i] = new ElfSegment(
                BinaryPrimitives.ReadUInt32LittleEndian(entry),
                BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[40..])
            );
        }

        return segments;
    }

    private ElfSection[] ReadSections(long offset, int count, int nameSection)
    {
        var table = Read(offset, (long)count * SectionHeaderSize, "the section headers");
        var sections = new ElfSection[count];
        var names = new uint[count];
        for (var i = 0; i < count; i++)
        {
            var entry = table.AsSpan(i * SectionHeaderSize);
            names[i] = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            sections[i] = new ElfSection(
                "",
                BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
                (long)BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]),
                (long)BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]),
                (int)BinaryPrimitives.ReadUInt32LittleEndian(entry[40..])
            );
        }

        if (nameSection >= count)
        {
            return sections;
        }

        var strings = Read(sections[nameSection].Offset, sections[nameSection].Size, "the section names");
        for (var i = 0; i < count; i++)
        {
            sections[i] = sections[i] with { Name = Text(strings, names[i]) };
        }

        return sections;
    }

    /// <summary>A string of a string table, empty where the offset is outside of it.</summary>
    public static string Text(ReadOnlySpan<byte> strings, uint offset)
    {
        if (offset >= strings.Length)
        {
            return "";
        }

        var text = strings[(int)offset..];
        var end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }
}
