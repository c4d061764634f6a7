namespace Acme.Depth.Depth;

/// <summary>Takes a new snapshot of a book. Through the day orders come in at ever more prices, and books are closed one by one.</summary>
public sealed class DepthBuilder(DepthBoard board)
{
    private const int TakenForEachClosed = 40;
    private int taken;

    public int Take(int book)
    {
        if (board.Of(book) is not { } before)
        {
            return 0;
        }

        var number = Interlocked.Increment(ref taken);
        var count = DepthBoard.LevelsAtOpening + number;
        var levels = new int[count];
        before.Levels.AsSpan(0, Math.Min(before.Levels.Length, count)).CopyTo(levels);
        levels[0] = count % 97;
        board.Put(new DepthSnapshot(book, levels));
        if (number % TakenForEachClosed == 0)
        {
            board.Close(number / TakenForEachClosed * 7);
        }

        return levels[0];
    }
}
