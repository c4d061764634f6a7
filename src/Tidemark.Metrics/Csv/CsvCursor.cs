namespace Tidemark.Metrics.Csv;

/// <summary>
/// Walks over the lines and cells of a CSV text in place. Cells may stand in quotes; a cell over two lines is not for numbers. Where the
/// header has no comma, its semicolons or tabs separate, as spreadsheets write them in countries with a decimal comma; a first line
/// <c>sep=,</c>, which tells Excel, is passed over.
/// </summary>
internal ref struct CsvCursor
{
    private readonly byte separator;
    private ReadOnlySpan<byte> rest;
    private CsvRow row;
    private bool isBlank;
    private bool isComment;

    public CsvCursor(ReadOnlySpan<byte> text)
    {
        rest = text.StartsWith(CsvRow.ByteOrderMark) ? text[CsvRow.ByteOrderMark.Length..] : text;
        var end = rest.IndexOf((byte)'\n');
        if (CsvRow.IsSeparatorLine(end < 0 ? rest : rest[..end], out separator))
        {
            rest = end < 0 ? [] : rest[(end + 1)..];
            Line = 1;
        }
        else
        {
            separator = CsvRow.SeparatorOf(end < 0 ? rest : rest[..end]);
        }
    }

    /// <summary>The number of the line, the first is 1.</summary>
    public int Line { get; private set; }

    public readonly bool LineIsBlank => isBlank;

    public bool NextLine()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        row = new CsvRow(line, separator);
        isBlank = CsvRow.IsBlank(line);
        isComment = line.StartsWith("#"u8);
        Line++;
        return true;
    }

    /// <summary>Goes on to the line that names the columns: the first one that is neither blank nor a comment.</summary>
    public bool NextHeader()
    {
        while (NextLine())
        {
            if (!isBlank && !isComment)
            {
                return true;
            }
        }

        return false;
    }

    public bool NextCell(out ReadOnlySpan<byte> cell) => row.NextCell(out cell);

    /// <summary>The cells of this line as text.</summary>
    public string[] Names() => row.Names();
}
