namespace Tidemark.Core.Growth;

/// <summary>
/// Columns of one length for the analysis of one history, lent again to the next that the thread looks at: nearly all that an
/// analysis needs is scratch, and new memory must be cleared, collected and fetched into the cache.
/// </summary>
internal sealed class Columns
{
    /// <summary>Histories of the same fleet differ by some intervals, where samples are missing.</summary>
    private const int Lengths = 32;

    /// <summary>Longer ones, as hundreds of restarts make them, are rare and not kept.</summary>
    private const int LongestKept = 256;

    [ThreadStatic]
    private static Columns?[]? idle;

    private readonly int length;
    private readonly List<double[]> columns = [];
    private int lent;

    private Columns(int length) => this.length = length;

    /// <summary>Columns for one analysis; nobody else has them until they are given back.</summary>
    public static Columns Of(int length)
    {
        ref var own = ref (idle ??= new Columns?[Lengths])[length % Lengths];
        var taken = own?.length == length ? own : new Columns(length);
        own = null;
        return taken;
    }

    /// <summary>A column with anything in it.</summary>
    public double[] Next()
    {
        if (lent == columns.Count)
        {
            columns.Add(new double[length]);
        }

        return columns[lent++];
    }

    public double[] CopyOf(ReadOnlySpan<double> column)
    {
        var copy = Next();
        column.CopyTo(copy);
        return copy;
    }

    /// <summary>Takes all of them back: whoever still holds one will see it change.</summary>
    public void GiveBack()
    {
        lent = 0;
        if (length <= LongestKept)
        {
            (idle ??= new Columns?[Lengths])[length % Lengths] = this;
        }
    }
}
