using System.Runtime.InteropServices;

namespace Tidemark.Core.Growth;

/// <summary>Finds where the level of a signal changed at once: a deploy, a burst, a mapping.</summary>
internal static class Jumps
{
    /// <summary>More than this are a staircase, which is growth of its own.</summary>
    private const int Maximum = 3;

    /// <summary>A change between neighbours must be this many times the usual one.</summary>
    private const double Unusual = 6;

    /// <summary>The ages of the largest changes of level within the last life, the largest first.</summary>
    public static double[] Find(Bins bins, double[] values)
    {
        var sizes = bins.Columns.Next();
        var known = Changes(bins, values, sizes, double.PositiveInfinity, null);
        if (known < 8)
        {
            return [];
        }

        var usual = Order.Nth(sizes.AsSpan(0, known), known / 2);
        var changes = new List<(double Size, double Age)>();
        Changes(bins, values, sizes, Unusual * usual, changes);
        changes.Sort((a, b) => b.Size.CompareTo(a.Size));
        var ages = new double[Math.Min(changes.Count, Maximum)];
        for (var k = 0; k < ages.Length; k++)
        {
            ages[k] = changes[k].Age;
        }

        return ages;
    }

    /// <summary>How much the signal changed between neighbours, and which changes of the last life are large.</summary>
    /// <returns>How many changes there were.</returns>
    private static int Changes(
        Bins bins,
        double[] values,
        double[] sizes,
        double least,
        List<(double Size, double Age)>? large
    )
    {
        var (known, before) = (0, -1);
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsNaN(values[i]))
            {
                continue;
            }

            if (before >= 0 && bins.Lives[i] == bins.Lives[before])
            {
                var size = sizes[known++] = Math.Abs(values[i] - values[before]);
                if (size > least && bins.Lives[i] == bins.Lives[^1])
                {
                    large?.Add((size, bins.Ages[i]));
                }
            }

            before = i;
        }

        return known;
    }

    private const int MaximumCollapses = 2;

    /// <summary>A collapse takes at least this share of the level with it.</summary>
    private const double SmallestCollapse = 0.08;

    /// <summary>Intervals at which the level fell at once and far: restarts that nobody announced, perhaps.</summary>
    public static List<int> Collapses(Bins bins, double[] values)
    {
        var falls = new List<(double Size, int At)>();
        var sizes = new List<double>(values.Length);
        for (var i = 1; i < values.Length; i++)
        {
            if (bins.Lives[i] != bins.Lives[i - 1])
            {
                continue;
            }

            var fall = values[i - 1] - values[i];
            if (double.IsNaN(fall))
            {
                continue;
            }

            sizes.Add(Math.Abs(fall));
            if (fall > SmallestCollapse * values[i - 1])
            {
                falls.Add((fall, i));
            }
        }

        if (sizes.Count < 8)
        {
            return [];
        }

        var usual = Order.Nth(CollectionsMarshal.AsSpan(sizes), sizes.Count / 2);
        falls.RemoveAll(f => f.Size <= Unusual * usual);
        falls.Sort((a, b) => b.Size.CompareTo(a.Size));
        var taken = new List<int>();
        foreach (var (_, at) in falls)
        {
            // One fall may spread over two intervals; the new life begins with the second.
            if (taken.Count <= MaximumCollapses && !taken.Exists(t => Math.Abs(t - at) <= 1))
            {
                var deepest = at + 1 < values.Length && values[at + 1] < values[at] ? at + 1 : at;
                taken.Add(deepest);
            }
        }

        taken.Sort();
        return taken.Count < MaximumCollapses + 1 && IsGradual(values, taken) ? taken : [];
    }

    /// <summary>Whether the memory was gathered bit by bit: what comes at once and goes at once is a batch, not a restart.</summary>
    private static bool IsGradual(double[] values, List<int> collapses)
    {
        var from = 0;
        foreach (var at in collapses)
        {
            var fall = values[Math.Max(at - 2, 0)] - values[at];
            for (var i = from + 1; i < at; i++)
            {
                if (values[i] - values[i - 1] > 0.5 * fall)
                {
                    return false;
                }
            }

            from = at + 1;
        }

        return true;
    }
}
