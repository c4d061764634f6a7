using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
            var less = Split(values, pivot, orEqual: false);
            if (place < less)
            {
                values = values[..less];
                continue;
            }

            // Many may be equal to it.
            values = values[less..];
            place -= less;
            var equal = Split(values, pivot, orEqual: true);
            if (place < equal)
            {
                return pivot;
            }

            values = values[equal..];
            place -= equal;
        }

        if (values.Length > Few)
        {
            values.Sort();
            return values[place];
        }

        return Sorted(values, place);
    }

    /// <summary>Puts the values below the pivot first, without a jump that the processor would have to guess.</summary>
    /// <returns>How many they are.</returns>
    private static int Split(Span<double> values, double pivot, bool orEqual)
    {
        var below = 0;
        ref var first = ref MemoryMarshal.GetReference(values);
        for (var i = 0; i < values.Length; i++)
        {
            ref var here = ref Unsafe.Add(ref first, i);
            ref var there = ref Unsafe.Add(ref first, below);
            var value = here;
            here = there;
            there = value;
            below += (orEqual ? value <= pivot : value < pivot) ? 1 : 0;
        }

        return below;
    }

    /// <summary>A few values, inserted one after the other.</summary>
    private static double Sorted(Span<double> values, int place)
    {
        for (var i = 1; i < values.Length; i++)
        {
            var value = values[i];
            var j = i - 1;
            for (; j >= 0 && values[j] > value; j--)
            {
                values[j + 1] = values[j];
            }

            values[j + 1] = value;
        }

        return values[place];
    }

    private static double Middle(double a, double b, double c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
