using System.Text;

namespace Tidemark.Formats.GoText;

/// <summary>Walks over the lines of a text in memory and knows where in the file each begins.</summary>
internal sealed class TextLines(ReadOnlyMemory<byte> content)
{
    private int next;

    /// <summary>Where the line begins, in bytes.</summary>
    public int Offset { get; private set; }

    /// <summary>The line without its end.</summary>
    public string Line { get; private set; } = "";

    public bool MoveNext()
    {
        if (next >= content.Length)
        {
            return false;
        }

        var rest = content.Span[next..];
        var length = rest.IndexOf((byte)'\n');
        Offset = next;
        next += length < 0 ? rest.Length : length + 1;
        Line = Encoding.UTF8.GetString(length < 0 ? rest : rest[..length]).TrimEnd('\r');
        return true;
    }
}
