namespace Acme.Depth.Depth;

/// <summary>All levels of a book at one moment, in one array as the wire wants it.</summary>
public sealed class DepthSnapshot(int book, int[] levels)
{
    public int Book { get; } = book;

    public int[] Levels { get; } = levels;

    public int Best => Levels[0];
}
