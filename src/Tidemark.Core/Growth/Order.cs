using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tidemark.Core.Growth;

/// <summary>Order statistics without sorting everything.</summary>
internal static class Order
{
    /// <summary>So few are sorted faster than split.</summary>
    private const int Few = 16;

    /// <summary>So many fit on the stack.</summary>
    private const int Usual = 256;

    /// <summary>The value that would stand at this place if all were sorted (quickselect); what is in them is lost.</summary>
    [SkipLocalsInit]
    public static double Nth(Span<double> values, int place)
    {
        var rented = values.Length > Usual ? ArrayPool<double>.Shared.Rent(values.Length) : null;
        Span<double> aside = stackalloc double[Usual];
        var nth = Nth(values, rented ?? aside, place);
        if (rented is not null)
        {
            ArrayPool<double>.Shared.Return(rented);
        }

        return nth;
    }

    private static double Nth(Span<double> values, Span<double> aside, int place)
    {
        // Splits that hardly split are given up: the worst case is that of sorting.
        for (var splits = 2 * BitOperations.Log2((uint)values.Length); splits > 0 && values.Length > Few; splits--)
        {
            var pivot = Middle(values[0], values[values.Length / 2], values[^1]);
            var (below, above) = Split(values, aside, pivot);
            if (place < below)
            {
                var rest = values;
                values = aside[..below];
                aside = rest;
                continue;
            }

            place -= values.Length - above;
            if (place < 0)
            {
                return pivot;
            }

            values = values[..above];
        }

        if (values.Length > Few)
        {
            values.Sort();
            return values[place];
        }

        return Sorted(values, place);
    }

    /// <summary>Puts the values below the pivot aside and those above it first, without a jump that the processor would have to guess.</summary>
    /// <returns>How many they are.</returns>
    private static (int Below, int Above) Split(Span<double> values, Span<double> aside, double pivot)
    {
        var (below, above) = (0, 0);
        ref var first = ref MemoryMarshal.GetReference(values);
        ref var firstAside = ref MemoryMarshal.GetReference(aside[..values.Length]);
        for (var i = 0; i < values.Length; i++)
        {
            var value = Unsafe.Add(ref first, i);
            Unsafe.Add(ref firstAside, below) = value;
            Unsafe.Add(ref first, above) = value;
            below += value < pivot ? 1 : 0;
            above += value > pivot ? 1 : 0;
        }

        return (below, above);
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
