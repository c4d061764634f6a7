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
            var less = Split(values, pivot, out var equal);
            if (place < less)
            {
                values = values[..less];
                continue;
            }

            if (place < less + equal)
            {
                return pivot;
            }

            if (less == 0)
            {
                // Many may be equal to it: only where nothing is below are they in the way.
                less = PutAside(values, pivot);
            }

            values = values[less..];
            place -= less;
        }

        if (values.Length > Few)
        {
            values.Sort();
            return values[place];
        }

        return Sorted(values, place);
    }

    /// <summary>Puts the values below the pivot first, without a jump that the processor would have to guess.</summary>
    /// <param name="values">The values.</param>
    /// <param name="pivot">One of them.</param>
    /// <param name="equal">How many are equal to it.</param>
    /// <returns>How many are below.</returns>
    private static int Split(Span<double> values, double pivot, out int equal)
    {
        var (below, same) = (0, 0);
        ref var first = ref MemoryMarshal.GetReference(values);
        for (var i = 0; i < values.Length; i++)
        {
            ref var here = ref Unsafe.Add(ref first, i);
            ref var there = ref Unsafe.Add(ref first, below);
            var value = here;
            here = there;
            there = value;
            below += value < pivot ? 1 : 0;
            same += value == pivot ? 1 : 0;
        }

        equal = same;
        return below;
    }

    /// <summary>Puts the values that are equal to the least of them first.</summary>
    /// <returns>How many they are.</returns>
    private static int PutAside(Span<double> values, double least)
    {
        var aside = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] == least)
            {
                (values[i], values[aside]) = (values[aside], least);
                aside++;
            }
        }

        return aside;
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
