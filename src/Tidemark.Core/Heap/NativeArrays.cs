using System.Runtime.Intrinsics;

namespace Tidemark.Core.Heap;

/// <summary>Checks of whole arrays, some elements at a time. Of an array in a mapped file only a window is in memory meanwhile.</summary>
public static unsafe class NativeArrays
{
    /// <summary>So many elements are looked at before they are let go; a power of two.</summary>
    private const long Window = 1 << 18;

    /// <summary>The highest element, read without a sign; 0 of none.</summary>
    public static uint Highest(this NativeArray<int> array)
    {
        ArgumentNullException.ThrowIfNull(array);
        var highest = Vector256<uint>.Zero;
        long i = 0;
        for (; i + Vector256<uint>.Count <= array.Length; i += Vector256<uint>.Count)
        {
            highest = Vector256.Max(highest, Vector256.Load((uint*)array.Pointer + i));
            if ((i & (Window - 1)) == 0 && i > 0)
            {
                array.Rest(i - Window, Window);
            }
        }

        uint found = 0;
        for (var lane = 0; lane < Vector256<uint>.Count; lane++)
        {
            found = Math.Max(found, highest[lane]);
        }

        for (; i < array.Length; i++)
        {
            found = Math.Max(found, (uint)array.Pointer[i]);
        }

        return found;
    }

    /// <summary>The highest element; 0 of none.</summary>
    public static ushort Highest(this NativeArray<ushort> array)
    {
        ArgumentNullException.ThrowIfNull(array);
        var highest = Vector256<ushort>.Zero;
        long i = 0;
        for (; i + Vector256<ushort>.Count <= array.Length; i += Vector256<ushort>.Count)
        {
            highest = Vector256.Max(highest, Vector256.Load(array.Pointer + i));
            if ((i & (Window - 1)) == 0 && i > 0)
            {
                array.Rest(i - Window, Window);
            }
        }

        ushort found = 0;
        for (var lane = 0; lane < Vector256<ushort>.Count; lane++)
        {
            found = Math.Max(found, highest[lane]);
        }

        for (; i < array.Length; i++)
        {
            found = Math.Max(found, array.Pointer[i]);
        }

        return found;
    }

    /// <summary>True where every element from the second one on is lower than its place, and none is negative: a tree's parents.</summary>
    public static bool LeadUp(this NativeArray<int> array)
    {
        ArgumentNullException.ThrowIfNull(array);
        var places = Vector256.Create(1u, 2, 3, 4, 5, 6, 7, 8);
        var step = Vector256.Create(8u);
        long i = 1;
        for (; i + 8 <= array.Length; i += 8)
        {
            if (!Vector256.LessThanAll(Vector256.Load((uint*)array.Pointer + i), places))
            {
                return false;
            }

            places += step;
            if ((i & (Window - 1)) == 1 && i > 1)
            {
                array.Rest(i - Window, Window);
            }
        }

        for (; i < array.Length; i++)
        {
            if ((uint)array.Pointer[i] >= (uint)i)
            {
                return false;
            }
        }

        return true;
    }
}
