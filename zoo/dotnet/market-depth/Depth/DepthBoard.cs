namespace Acme.Depth.Depth;

/// <summary>The last snapshot of each book.</summary>
public sealed class DepthBoard
{
    /// <summary>Levels of a book when the market opens: some 86 kB.</summary>
    public const int LevelsAtOpening = 21_500;

    private readonly DepthSnapshot?[] last;

    private DepthBoard(DepthSnapshot?[] last) => this.last = last;

    public static DepthBoard Open(int books)
    {
        var last = new DepthSnapshot?[books];
        for (var book = 0; book < books; book++)
        {
            var levels = new int[LevelsAtOpening];
            Array.Fill(levels, book);
            last[book] = new DepthSnapshot(book, levels);
        }

        return new DepthBoard(last);
    }

    /// <summary>Null for a book that is closed.</summary>
    public DepthSnapshot? Of(int book) => Volatile.Read(ref last[book % last.Length]);

    public void Close(int book) => Volatile.Write(ref last[book % last.Length], null);

    public void Put(DepthSnapshot snapshot) => Volatile.Write(ref last[snapshot.Book % last.Length], snapshot);
}
