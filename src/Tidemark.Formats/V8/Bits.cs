using System.Numerics;
using System.Runtime.CompilerServices;

namespace Tidemark.Formats.V8;

/// <summary>A set of numbers from 0 up to a bound, one bit each.</summary>
internal readonly struct Bits(long count)
{
    private readonly ulong[] words = new ulong[(count + 63) / 64];

    public bool this[long i]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (words[i >> 6] & (1UL << (int)(i & 63))) != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(long i) => words[i >> 6] |= 1UL << (int)(i & 63);

    /// <summary>Adds the number.</summary>
    /// <returns>False where it was there already.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAdd(long i)
    {
        ref var word = ref words[i >> 6];
        var bit = 1UL << (int)(i & 63);
        var isNew = (word & bit) == 0;
        word |= bit;
        return isNew;
    }

    /// <summary>The lowest number in the set that is not below another one; a higher one than any where there is none.</summary>
    public long Next(long from) => Next(from, flip: 0);

    /// <summary>The same for numbers that are not in the set; beyond the bound, any.</summary>
    public long NextOutside(long from) => Next(from, flip: ulong.MaxValue);

    private long Next(long from, ulong flip)
    {
        for (var word = from >> 6; word < words.Length; word++)
        {
            var rest = words[word] ^ flip;
            if (word == from >> 6)
            {
                rest &= ulong.MaxValue << (int)(from & 63);
            }

            if (rest != 0)
            {
                return (word << 6) + BitOperations.TrailingZeroCount(rest);
            }
        }

        return long.MaxValue;
    }
}
