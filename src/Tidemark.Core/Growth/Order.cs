using System.Numerics;

namespace Tidemark.Core.Growth;

/// <summary>Order statistics without sorting everything.</summary>
internal static class Order
{
    /// <summary>So few are sorted faster than split.</summary>
    private const int Few = 16;

    /// <summary>The value that would stand at this place if all were sorted (quickselect); their order changes.</summary>
    public static double Nth(Span<double> values, int place)
    {
        // Splits that hardly split are given up: the worst case is that of sorting.
        for (var splits = 2 * BitOperations.Log2((uint)values.Length); splits > 0 && values.Length > Few; splits--)
        {
            var pivot = Middle(values[0], values[values.Length / 2], values[^1]);
            var (i, j) = (0, values.Length - 1);
            while (i <= j)
            {
                while (values[i] < pivot)
                {
                    i++;
                }

                while (values[j] > pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (values[i], values[j]) = (values[j], values[i]);
                    i++;
                    j--;
                }
            }

            if (place > j && place < i)
            {
                return values[place];
            }

            if (place <= j)
            {
                values = values[..(j + 1)];
            }
            else
            {
                values = values[i..];
                place -= i;
            }
        }

        values.Sort();
        return values[place];
    }

    private static double Middle(double a, double b, double c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
