using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Indexes;

/// <summary>A named array in an index file.</summary>
internal readonly record struct IndexSection(string Name, long Offset, long Bytes);

/// <summary>
/// An index file that is mapped into memory. It is of use for one dump (<see cref="DumpIdentity"/>) and one build of the program only;
/// anything else about it is no error, but no index.
/// </summary>
internal sealed unsafe partial class IndexFile : IDisposable
{
    public const int PageBytes = 4096;

    private const int HashBytes = 16;

    /// <summary>So many sections have a place in the first page.</summary>
    private const int MostSections = 48;

    /// <summary>Of a smaller file, pages of 2 MiB would be a good part.</summary>
    private const long LeastHuge = 1 << 28;

    /// <summary>What follows the dump's name in that of its index.</summary>
    public const string Suffix = ".tidemark-index";

    private const int NoHugePage = 15;

    private static readonly byte[] Magic = "TIDEMARK INDEX 1"u8.ToArray();

    /// <summary>What the arrays mean is known to the build that wrote them, and to no other.</summary>
    private static readonly byte[] Build = XxHash128.Hash(
        Encoding.ASCII.GetBytes(
            $"{typeof(IndexFile).Module.ModuleVersionId} {typeof(HeapGraph).Module.ModuleVersionId} {nint.Size}"
        )
    );

    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private readonly Dictionary<string, IndexSection> sections = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A section lies outside of the file.</exception>
    internal IndexFile(
        MemoryMappedFile file,
        long length,
        IEnumerable<IndexSection> sections,
        MemoryMappedFileAccess access = MemoryMappedFileAccess.Read
    )
    {
        this.file = file;
        view = file.CreateViewAccessor(0, length, access);
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        if (length < LeastHuge)
        {
            // Each access brings in some KiB of the file; only memory depends on it.
            _ = Madvise((nint)start, (nuint)length, NoHugePage);
        }

        foreach (var section in sections)
        {
            if (
                section.Offset < PageBytes
                || section.Bytes < 0
                || section.Offset % PageBytes != 0
                || section.Offset > length - section.Bytes
            )
            {
                throw new InvalidDataException($"section {section.Name} lies outside of the index");
            }

            this.sections[section.Name] = section;
        }
    }

    /// <summary>Opens the index of a dump, if there is one that fits.</summary>
    public static IndexFile? Open(string dump)
    {
        var path = dump + Suffix;
        if (!File.Exists(path) || !IsOwnersAlone(path))
        {
            return null;
        }

        using var handle = File.OpenHandle(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete
        );
        if (ReadHead(handle, DumpIdentity.Of(dump)) is not { } head)
        {
            return null;
        }

        var mapped = MemoryMappedFile.CreateFromFile(
            path,
            FileMode.Open,
            mapName: null,
            capacity: 0,
            MemoryMappedFileAccess.Read
        );
        return new IndexFile(mapped, RandomAccess.GetLength(handle), Sections(head));
    }

    /// <summary>Adds a section to the index of a dump, if there is one that fits and its table has room.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static void Append(string dump, string name, byte[] content)
    {
        var path = dump + Suffix;
        if (!File.Exists(path) || !IsOwnersAlone(path))
        {
            return;
        }

        // Nobody else writes to it meanwhile; who has it mapped does not mind.
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        var identity = DumpIdentity.Of(dump);
        if (ReadHead(handle, identity) is not { } head)
        {
            return;
        }

        var sections = Sections(head);
        if (sections.Count >= MostSections || sections.Exists(s => s.Name == name))
        {
            return;
        }

        var end = (RandomAccess.GetLength(handle) + PageBytes - 1) / PageBytes * PageBytes;
        RandomAccess.Write(handle, content, end);
        RandomAccess.Write(handle, Head(identity, [.. sections, new IndexSection(name, end, content.Length)]), 0);
    }

    public bool Has(string name) => sections.ContainsKey(name);

    /// <summary>An array that stays in the file; it is valid as long as the program runs.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    public NativeArray<T> Array<T>(string name)
        where T : unmanaged
    {
        var section = Section(name);
        return new NativeArray<T>((T*)(start + section.Offset), section.Bytes / sizeof(T), this);
    }

    /// <summary>A copy of a short array.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or it is not short.</exception>
    public T[] Copy<T>(string name)
        where T : unmanaged
    {
        var section = Section(name);
        return section.Bytes > int.MaxValue
            ? throw new InvalidDataException($"section {name} has {section.Bytes} bytes")
            : new ReadOnlySpan<T>(start + section.Offset, (int)(section.Bytes / sizeof(T))).ToArray();
    }

    public void Dispose()
    {
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
    }

    internal static byte[] Head(byte[] identity, List<IndexSection> sections)
    {
        using var head = new MemoryStream();
        using var writer = new BinaryWriter(head);
        writer.Write(Prefix(identity));
        writer.Write(sections.Count);
        foreach (var section in sections)
        {
            writer.Write(section.Name);
            writer.Write(section.Offset);
            writer.Write(section.Bytes);
        }

        var page = new byte[PageBytes];
        head.ToArray().CopyTo(page.AsSpan(0, PageBytes - HashBytes));
        XxHash128.Hash(page.AsSpan(0, PageBytes - HashBytes)).CopyTo(page.AsSpan(PageBytes - HashBytes));
        return page;
    }

    /// <returns>Null where it is not that of an index of this dump and build.</returns>
    private static byte[]? ReadHead(SafeFileHandle handle, byte[] identity)
    {
        var head = new byte[PageBytes];
        return
            RandomAccess.Read(handle, head, 0) == PageBytes
            && head.AsSpan().StartsWith(Prefix(identity))
            && XxHash128
                .Hash(head.AsSpan(0, PageBytes - HashBytes))
                .AsSpan()
                .SequenceEqual(head.AsSpan(PageBytes - HashBytes))
            ? head
            : null;
    }

    private static byte[] Prefix(byte[] identity) => [.. Magic, .. Build, .. identity];

    /// <summary>An index that others could have written is none.</summary>
    private static bool IsOwnersAlone(string path) =>
        (File.GetUnixFileMode(path) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0;

    private static List<IndexSection> Sections(ReadOnlySpan<byte> head)
    {
        var sections = new List<IndexSection>();
        using var reader = new BinaryReader(
            new MemoryStream(head[(Magic.Length + Build.Length + DumpIdentity.Bytes)..].ToArray())
        );
        for (var count = reader.ReadInt32(); count > 0; count--)
        {
            sections.Add(new IndexSection(reader.ReadString(), reader.ReadInt64(), reader.ReadInt64()));
        }

        return sections;
    }

    private IndexSection Section(string name) =>
        sections.TryGetValue(name, out var section)
            ? section
            : throw new InvalidDataException($"the index has no {name}");

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(nint address, nuint length, int advice);
}
