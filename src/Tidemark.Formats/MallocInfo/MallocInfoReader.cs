using System.Globalization;
using System.Runtime.InteropServices;
using System.Xml;

namespace Tidemark.Formats.MallocInfo;

/// <summary>Free blocks of one range of sizes.</summary>
/// <param name="Name">The range, such as <c>free 33-48 B</c>.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Their bytes together.</param>
public sealed record FreeBlocks(string Name, long Count, long Bytes);

/// <summary>One of glibc's arenas.</summary>
/// <param name="Number">0 for the main one, which grows by sbrk.</param>
/// <param name="CommittedBytes">What it took from the operating system.</param>
/// <param name="Free">What lies free in it; blocks that threads keep in their own caches count as in use.</param>
public sealed record MallocArena(int Number, long CommittedBytes, IReadOnlyList<FreeBlocks> Free)
{
    public long FreeBytes => Free.Sum(f => f.Bytes);

    public long InUseBytes => Math.Max(0, CommittedBytes - FreeBytes);
}

/// <summary>glibc's heap as <c>malloc_info</c> tells it.</summary>
/// <param name="Arenas">Its arenas.</param>
/// <param name="MappedCount">Blocks large enough to be mapped on their own.</param>
/// <param name="MappedBytes">Their bytes.</param>
public sealed record MallocInfo(IReadOnlyList<MallocArena> Arenas, long MappedCount, long MappedBytes);

/// <summary>Reads the XML of <c>malloc_info(3)</c>, version 1.</summary>
public static class MallocInfoReader
{
    /// <summary>The name of the free block at an arena's end.</summary>
    public const string Top = "free at the top";

    /// <summary>All numbers of a file together: no process has so much, and no sum of them turns over.</summary>
    private const long Largest = 1L << 62;

    /// <exception cref="MalformedDumpException">It is no XML, or not that of malloc_info.</exception>
    public static MallocInfo Read(string path, ReadOnlyMemory<byte> content)
    {
        var bytes = MemoryMarshal.TryGetArray(content, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count)
            : new MemoryStream(content.ToArray());
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreWhitespace = true,
        };
        using var xml = XmlReader.Create(bytes, settings);
        try
        {
            return Read(path, xml);
        }
        catch (XmlException e)
        {
            throw new MalformedDumpException(
                path,
                OffsetOf(content.Span, e),
                $"not the XML of malloc_info: {e.Message.ReplaceLineEndings(" ")}",
                e
            );
        }
    }

    private static MallocInfo Read(string path, XmlReader xml)
    {
        List<MallocArena> arenas = [];
        List<FreeBlocks> free = [];
        var committed = 0L;
        var total = 0L;
        var number = -1;
        var mapped = (Count: 0L, Bytes: 0L);
        var all = 0L;
        while (xml.Read())
        {
            if (xml is { NodeType: XmlNodeType.EndElement, Name: "heap" })
            {
                // The block at the arena's top is in the totals, but not in the list of sizes.
                var top = total - free.Sum(f => f.Bytes);
                if (top > 0)
                {
                    free.Add(new FreeBlocks(Top, 1, top));
                }

                arenas.Add(new MallocArena(number, committed, free));
                (number, committed, total, free) = (-1, 0, 0, []);
            }

            if (xml.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            switch (xml.Name)
            {
                case "heap":
                    number = (int)Number("nr");
                    break;
                case "size" or "unsorted" when number >= 0:
                    AddFree(xml.Name == "unsorted");
                    break;
                case "total" when number >= 0 && (xml.GetAttribute("type") is "fast" or "rest"):
                    total += Number("size");
                    break;
                case "total" when xml.GetAttribute("type") == "mmap":
                    mapped = (Number("count"), Number("size"));
                    break;
                case "system" when number >= 0 && xml.GetAttribute("type") == "current":
                    committed = Number("size");
                    break;
            }
        }

        return new MallocInfo(arenas, mapped.Count, mapped.Bytes);

        void AddFree(bool isUnsorted)
        {
            var (from, to) = (Number("from"), Number("to"));
            var sizes = from == to ? $"{to} B" : $"{from}-{to} B";
            free.Add(
                new FreeBlocks(
                    isUnsorted ? $"free unsorted {sizes}" : $"free {sizes}",
                    Number("count"),
                    Number("total")
                )
            );
        }

        long Number(string attribute)
        {
            var text = xml.GetAttribute(attribute);
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                throw Malformed($"expected a number as \"{attribute}\" of <{xml.Name}>, found \"{text}\"");
            }

            all = value <= Largest - all ? all + value : throw Malformed("more bytes than an address space has");
            return value;
        }

        MalformedDumpException Malformed(string problem) =>
            new(path, 0, $"line {((IXmlLineInfo)xml).LineNumber}: {problem}");
    }

    private static long OffsetOf(ReadOnlySpan<byte> content, XmlException e)
    {
        var line = 1;
        for (var i = 0; i < content.Length; i++)
        {
            if (line == e.LineNumber)
            {
                return i + Math.Max(0, e.LinePosition - 1);
            }

            line += content[i] == '\n' ? 1 : 0;
        }

        return content.Length;
    }
}
