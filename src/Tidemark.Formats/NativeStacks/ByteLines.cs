using System.Text;
using Tidemark.Core;

namespace Tidemark.Formats.NativeStacks;

/// <summary>The lines of a text file in memory, without their ends.</summary>
internal ref struct ByteLines(ReadOnlySpan<byte> content)
{
    private readonly ReadOnlySpan<byte> content = content;
    private int next;

    /// <summary>Where the current line begins, in bytes.</summary>
    public int Offset { get; private set; }

    public ReadOnlySpan<byte> Line { get; private set; }

    /// <summary>Everything behind the current line.</summary>
    public readonly ReadOnlySpan<byte> Rest => content[next..];

    public bool Next()
    {
        if (next >= content.Length)
        {
            return false;
        }

        Offset = next;
        var rest = content[next..];
        var end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..end];
        next += end < 0 ? rest.Length : end + 1;
        Line = line.EndsWith("\r"u8) ? line[..^1] : line;
        return true;
    }

    /// <summary>The current line as a message shows it: cut short, without control characters.</summary>
    public readonly string Quote()
    {
        const int longest = 60;
        var text = Encoding.UTF8.GetString(Line.Length > longest ? Line[..longest] : Line);
        return OneLine.Of(text) + (Line.Length > longest ? "..." : "");
    }
}
