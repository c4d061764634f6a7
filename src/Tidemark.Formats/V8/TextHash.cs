namespace Tidemark.Formats.V8;

/// <summary>
/// A polynomial hash of a text modulo 2^61 - 1, with the text's length: the hash of two texts put together follows from theirs, so that
/// a text that V8 keeps in pieces is compared without being put together.
/// </summary>
internal readonly record struct TextHash(ulong Hash, ulong Length)
{
    private const ulong Prime = (1UL << 61) - 1;
    private const ulong Radix = 0x12B9B0A1D4C5E6F7;

    public static TextHash Of(ReadOnlySpan<byte> text)
    {
        ulong hash = 0;
        foreach (var b in text)
        {
            hash = Multiply(hash, Radix) + b + 1;
            hash = hash >= Prime ? hash - Prime : hash;
        }

        return new TextHash(hash, (ulong)text.Length);
    }

    /// <summary>The same text with a mark behind it, of a text that is not whole.</summary>
    public TextHash Followed(ulong mark) =>
        new((Multiply(Hash, Radix) + mark % (Prime >> 1) + 257) % Prime, Length + 1);

    /// <summary>This text and another behind it.</summary>
    public TextHash Followed(TextHash other)
    {
        var hash = Multiply(Hash, Power(other.Length)) + other.Hash;
        return new TextHash(hash >= Prime ? hash - Prime : hash, Length + other.Length);
    }

    /// <summary>One number for both.</summary>
    public ulong Folded() => Hash ^ (Length * 0x9E3779B97F4A7C15);

    private static ulong Power(ulong exponent)
    {
        ulong power = 1;
        for (var square = Radix; exponent > 0; exponent >>= 1)
        {
            power = (exponent & 1) != 0 ? Multiply(power, square) : power;
            square = Multiply(square, square);
        }

        return power;
    }

    private static ulong Multiply(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        var sum = (low & Prime) + ((low >> 61) | (high << 3));
        return sum >= Prime ? sum - Prime : sum;
    }
}
