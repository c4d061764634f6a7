namespace Tidemark.Core.Growth;

/// <summary>Finds the teeth of a slow sawtooth: memory that rises steadily and collapses, again and again.</summary>
/// <remarks>
/// Within a tooth nothing can be told from a leak. What tells is the floor that each collapse falls to: a full collection,
/// a rotated log or a recycled worker leaves there what is really held.
/// </remarks>
internal static class Sawtooth
{
    private const int MinimumTeeth = 3;

    /// <summary>A last life may have fewer, where the lives before it are sawteeth too.</summary>
    private const int FewestInLastLife = 2;

    /// <summary>This share of the falls are collapses.</summary>
    private const double Regular = 0.7;

    /// <summary>A turn must be this many times the usual change between neighbours, and this share of the whole range.</summary>
    private const double Unusual = 5;

    private const double ShareOfRange = 0.2;

    /// <summary>A collapse takes at most this share of the time that the rise before it took.</summary>
    private const double Abruptness = 0.4;

    /// <summary>The lowest interval after each collapse, in every life; empty where the last life is no sawtooth.</summary>
    public static List<int> Floors(Bins bins, double[] values)
    {
        var all = new List<int>();
        var end = bins.Count;
        for (var life = bins.Lives[^1]; life >= 0; life--)
        {
            var first = Array.IndexOf(bins.Lives, life);
            var own = Floors(bins, values, first, end);
            if (own.Count < (all.Count == 0 ? FewestInLastLife : MinimumTeeth))
            {
                break;
            }

            all.AddRange(own);
            end = first;
        }

        all.Sort();
        return all.Count >= MinimumTeeth ? all : [];
    }

    private static List<int> Floors(Bins bins, double[] values, int first, int end)
    {
        var turns = Turns(bins, values, first, end);
        var floors = new List<int>();
        var falls = 0;
        for (var k = 1; k + 1 < turns.Count; k++)
        {
            var (low, high, next) = (turns[k - 1], turns[k], turns[k + 1]);
            if (values[high] <= values[low])
            {
                continue;
            }

            falls++;
            var (rising, falling) = (bins.Hours[high] - bins.Hours[low], bins.Hours[next] - bins.Hours[high]);
            if (falling <= Abruptness * rising)
            {
                floors.Add(next);
            }
        }

        return floors.Count >= Regular * falls ? floors : [];
    }

    /// <summary>The turning points of the signal, lows and highs in turn, without those that noise makes.</summary>
    private static List<int> Turns(Bins bins, double[] values, int first, int end)
    {
        var sizes = bins.Columns.Next();
        var (least, most, last, known) = (double.MaxValue, double.MinValue, -1, 0);
        for (var i = first; i < end; i++)
        {
            if (double.IsNaN(values[i]))
            {
                continue;
            }

            if (last >= 0)
            {
                sizes[known++] = Math.Abs(values[i] - values[last]);
            }

            last = i;
            least = Math.Min(least, values[i]);
            most = Math.Max(most, values[i]);
        }

        if (known < 8)
        {
            return [];
        }

        var usual = Order.Nth(sizes.AsSpan(0, known), known / 4);
        var threshold = Math.Max(Unusual * usual, ShareOfRange * (most - least));
        var turns = new List<int>();
        var (low, high, rising) = (-1, -1, false);
        for (var i = first; i < end; i++)
        {
            if (double.IsNaN(values[i]))
            {
                continue;
            }

            low = low < 0 || values[i] < values[low] ? i : low;
            high = high < 0 || values[i] > values[high] ? i : high;
            if (rising && values[i] <= values[high] - threshold)
            {
                turns.Add(high);
                (rising, low) = (false, i);
            }
            else if (!rising && values[i] >= values[low] + threshold)
            {
                turns.Add(low);
                (rising, high) = (true, i);
            }
        }

        turns.Add(rising ? high : low);
        return turns;
    }
}
