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
}
