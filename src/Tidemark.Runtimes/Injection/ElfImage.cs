using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Runtimes.Injection;

/// <summary>The symbols and sections of one 64-bit little-endian ELF file, read on demand.</summary>
/// <remarks>Format: System V ABI, ELF-64 object file format. Only what is needed to find a function or a section by name.</remarks>
internal sealed class ElfImage : IDisposable
{
    private const int DynamicSymbols = 11;
    private const int StaticSymbols = 2;
    private const int LoadSegment = 1;
    private const int SectionSize = 64;
    private const int SymbolSize = 24;
    private const long TableLimit = 256L << 20;

    private readonly FileStream file;
    private readonly Section[] sections;

    private ElfImage(FileStream file, ulong firstLoadAddress, Section[] sections)
    {
        this.file = file;
        this.sections = sections;
        FirstLoadAddress = firstLoadAddress;
    }

    private readonly record struct Section(string Name, uint Type, ulong Address, long Offset, long Size, int Link);

    /// <summary>The virtual address at which the file's first byte is meant to lie.</summary>
    public ulong FirstLoadAddress { get; }

    /// <summary>Opens an image; null where the file is none of a kind that can be read here.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ElfImage? TryOpen(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            if (Read(file) is { } image)
            {
                return image;
            }
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentException or OverflowException)
        {
            // Not an image after all, or one that is cut short.
        }

        file.Dispose();
        return null;
    }

    /// <summary>The addresses (before relocation) of those of the names that the image defines.</summary>
    public Dictionary<string, ulong> Find(IReadOnlyCollection<string> names)
    {
        var wanted = names.ToDictionary(n => n, Encoding.ASCII.GetBytes);
        var found = new Dictionary<string, ulong>();
        foreach (var type in (ReadOnlySpan<uint>)[DynamicSymbols, StaticSymbols])
        {
            foreach (var table in sections.Where(s => s.Type == type && found.Count < wanted.Count))
            {
                Scan(table, wanted, found);
            }
        }

        return found;
    }

    /// <summary>The address (before relocation) of a section, or null.</summary>
    public ulong? SectionAddress(string name) =>
        sections.Where(s => s.Name == name && s.Address != 0).Select(s => (ulong?)s.Address).FirstOrDefault();

    public void Dispose() => file.Dispose();

    private static ElfImage? Read(FileStream file)
    {
        var header = new byte[64];
        if (
            file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length
            || header is not [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, ..]
        )
        {
            return null;
        }

        var segmentCount = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56));
        var segments = At(file, ReadInt64(header, 32), segmentCount * 56);
        var load = ulong.MaxValue;
        for (var s = 0; s < segmentCount; s++)
        {
            var segment = segments.AsSpan(s * 56, 56);
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) == LoadSegment)
            {
                load = Math.Min(load, BinaryPrimitives.ReadUInt64LittleEndian(segment[16..]) & ~0xfffUL);
            }
        }

        var count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(60));
        var names = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(62));
        var raw = At(file, ReadInt64(header, 40), count * SectionSize);
        var sections = new Section[count];
        for (var s = 0; s < count; s++)
        {
            var section = raw.AsSpan(s * SectionSize, SectionSize);
            sections[s] = new Section(
                BinaryPrimitives.ReadUInt32LittleEndian(section).ToString(),
                BinaryPrimitives.ReadUInt32LittleEndian(section[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(section[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(section[24..]),
                BinaryPrimitives.ReadInt64LittleEndian(section[32..]),
                (int)BinaryPrimitives.ReadUInt32LittleEndian(section[40..])
            );
        }

        if (names < count)
        {
            var table = At(file, sections[names].Offset, sections[names].Size);
            for (var s = 0; s < count; s++)
            {
                sections[s] = sections[s] with { Name = Text(table, int.Parse(sections[s].Name)) };
            }
        }

        return load == ulong.MaxValue ? null : new ElfImage(file, load, sections);
    }

    private void Scan(Section table, Dictionary<string, byte[]> wanted, Dictionary<string, ulong> found)
    {
        if (table.Link >= sections.Length)
        {
            return;
        }

        var symbols = At(file, table.Offset, table.Size);
        var strings = At(file, sections[table.Link].Offset, sections[table.Link].Size).AsSpan();
        for (var at = 0; at + SymbolSize <= symbols.Length; at += SymbolSize)
        {
            var symbol = symbols.AsSpan(at, SymbolSize);
            var name = BinaryPrimitives.ReadUInt32LittleEndian(symbol);
            var section = BinaryPrimitives.ReadUInt16LittleEndian(symbol[6..]);
            var value = BinaryPrimitives.ReadUInt64LittleEndian(symbol[8..]);
            if (section == 0 || value == 0 || name >= strings.Length)
            {
                continue;
            }

            foreach (var (text, bytes) in wanted)
            {
                if (
                    strings[(int)name..].StartsWith(bytes)
                    && name + bytes.Length < strings.Length
                    && strings[(int)name + bytes.Length] == 0
                )
                {
                    found.TryAdd(text, value);
                }
            }
        }
    }

    private static byte[] At(FileStream file, long offset, long size)
    {
        if (offset < 0 || size < 0 || size > TableLimit || offset > file.Length - size)
        {
            throw new EndOfStreamException();
        }

        var bytes = new byte[size];
        file.Position = offset;
        file.ReadExactly(bytes);
        return bytes;
    }

    private static long ReadInt64(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));

    private static string Text(byte[] table, int at)
    {
        var rest = table.AsSpan(Math.Min(at, table.Length));
        var end = rest.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? rest : rest[..end]);
    }
}
