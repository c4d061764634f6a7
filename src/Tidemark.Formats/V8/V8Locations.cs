using System.Buffers.Text;

namespace Tidemark.Formats.V8;

/// <summary>The lines at which functions are defined, read as a whole when one is asked for.</summary>
/// <param name="header">Tells the columns.</param>
/// <param name="content">The snapshot's text.</param>
/// <param name="begin">Where the table begins, its bracket included; -1 where the file has none.</param>
/// <param name="end">Where it ends.</param>
internal sealed class V8Locations(V8SnapshotHeader header, V8Content content, long begin, long end)
{
    /// <summary>Of more functions nobody's line is told.</summary>
    private const int MostRows = 4 << 20;
    private const int Piece = 1 << 18;

    private Dictionary<int, int>? lineOfNode;

    /// <summary>From 1; null where the file does not tell.</summary>
    public int? LineOf(int node)
    {
        lineOfNode ??= Read();
        return lineOfNode.TryGetValue(node, out var line) ? line + 1 : null;
    }

    private Dictionary<int, int> Read()
    {
        var lines = new Dictionary<int, int>();
        var columns = header.LocationFields.Length;
        var (nodeColumn, lineColumn) = (
            Array.IndexOf(header.LocationFields, "object_index"),
            Array.IndexOf(header.LocationFields, "line")
        );
        if (begin < 0 || nodeColumn < 0 || lineColumn < 0)
        {
            return lines;
        }

        var buffer = new byte[Piece];
        var (column, node, line) = (0, 0L, 0L);
        for (var at = begin; at < end; )
        {
            var length = content.Read(buffer.AsSpan(0, (int)Math.Min(Piece, end - at)), at);
            var text = buffer.AsSpan(0, length);
            if (at + length < end)
            {
                text = text[..(text.LastIndexOfAnyExceptInRange((byte)'0', (byte)'9') + 1)];
            }

            if (text.IsEmpty)
            {
                break; // a number of a quarter of a megabyte, or a file that has become shorter
            }

            at += text.Length;
            while (text.IndexOfAnyInRange((byte)'0', (byte)'9') is >= 0 and var digit)
            {
                if (!Utf8Parser.TryParse(text[digit..], out long number, out var used))
                {
                    return lines;
                }

                (node, line) = (column == nodeColumn ? number : node, column == lineColumn ? number : line);
                if (++column == columns)
                {
                    column = 0;
                    lines[(int)(node / header.NodeColumns)] = (int)Math.Min(line, int.MaxValue - 1);
                    if (lines.Count == MostRows)
                    {
                        return lines;
                    }
                }

                text = text[(digit + used)..];
            }
        }

        return lines;
    }
}
