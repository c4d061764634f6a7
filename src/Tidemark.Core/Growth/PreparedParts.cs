using System.Buffers;
using System.Runtime.CompilerServices;

namespace Tidemark.Core.Growth;

/// <summary>What is asked of the parts of courses, again and again, while courses are fitted to a signal.</summary>
/// <param name="Square">The sum of squares of its column, the background not counted; 0 where nothing is left of it.</param>
/// <param name="Along">The product of its column with what the background leaves of the signal.</param>
/// <param name="Rise">How much it rose over the longest life.</param>
/// <param name="Future">How much it rises beyond that.</param>
/// <param name="Least">What its size must come to at least.</param>
internal readonly record struct PreparedPart(double Square, double Along, double Rise, double Future, double Least);

/// <summary>Four of anything: what is worked on side by side.</summary>
[InlineArray(OrthogonalBasis.Abreast)]
internal struct Four<T>
{
    private T first;
}

/// <summary>The parts of the courses that are fitted to a signal, each of them prepared once.</summary>
/// <remarks>
/// The background is not taken out of the columns: how much of it is in each is known, and so are sums of squares and products without it
/// (Frisch, Waugh and Lovell).
/// </remarks>
/// <param name="catalog">Where the courses come from.</param>
/// <param name="known">The columns of the background.</param>
/// <param name="target">The signal in each interval.</param>
internal sealed class PreparedParts(CourseCatalog catalog, IReadOnlyList<double[]> known, double[] target) : IDisposable
{
    /// <summary>Courses that are tuned come on top of those that the catalog has at first.</summary>
    private const int Reserve = 64;

    private readonly int length = target.Length;
    private readonly OrthogonalBasis basis = new(target.Length, known.Count);
    private readonly double[] rest = catalog.Columns.Next();
    private int[] places = ArrayPool<int>.Shared.Rent(catalog.Count + Reserve);
    private double[] columns = ArrayPool<double>.Shared.Rent((catalog.Count + Reserve) * target.Length);
    private double[] shares = ArrayPool<double>.Shared.Rent((catalog.Count + Reserve) * known.Count);
    private PreparedPart[] prepared = ArrayPool<PreparedPart>.Shared.Rent(catalog.Count + Reserve);
    private NoiseModel? noise;
    private int count;

    /// <summary>The sum of squares that the background leaves of the signal.</summary>
    public double RestSquare { get; private set; }

    /// <summary>How many columns of the background say something.</summary>
    public int Background => basis.Count;

    public void Dispose()
    {
        basis.Dispose();
        ArrayPool<int>.Shared.Return(places);
        ArrayPool<double>.Shared.Return(columns);
        ArrayPool<double>.Shared.Return(shares);
        ArrayPool<PreparedPart>.Shared.Return(prepared);
    }

    /// <summary>Forgets all parts: they are prepared anew under this noise.</summary>
    public void Assume(NoiseModel assumed)
    {
        noise = assumed;
        basis.Clear();
        foreach (var column in known)
        {
            noise.News(column, basis.Next);
            basis.Add();
        }

        noise.News(target, rest);
        basis.Remove(rest);
        RestSquare = OrthogonalBasis.Dot(rest, rest);
        count = 0;
        Array.Clear(places);
    }

    /// <summary>Where a part is among those that are prepared; it is, where it was not yet.</summary>
    public int Place(ElementaryCourse part)
    {
        var index = part.Index;
        return index < places.Length && places[index] > 0 ? places[index] - 1 : Prepare(part);
    }

    private int Prepare(ElementaryCourse part)
    {
        if (part.Index >= places.Length)
        {
            var old = places.Length;
            Grow(ref places, part.Index + Reserve);
            places.AsSpan(old).Clear();
        }

        if (count == prepared.Length)
        {
            Grow(ref prepared, 2 * count);
        }

        if ((count + 1) * length > columns.Length)
        {
            Grow(ref columns, 2 * (count + 1) * length);
        }

        if ((count + 1) * known.Count > shares.Length)
        {
            Grow(ref shares, 2 * (count + 1) * known.Count);
        }

        var column = columns.AsSpan(count * length, length);
        var own = Shares(count);
        var (square, along) = basis.News(noise!, part.Column, column, rest, own);
        var left = square;
        foreach (var share in own)
        {
            left -= share * share;
        }

        prepared[count] = new PreparedPart(
            left > SmallMatrix.Singular * square ? left : 0,
            along,
            part.Rise,
            part.Future,
            part.OnlyRises ? 0 : double.NegativeInfinity
        );
        places[part.Index] = ++count;
        return count - 1;
    }

    public ref readonly PreparedPart this[int place] => ref prepared[place];

    /// <summary>The product of two columns, the background not counted.</summary>
    public double Product(int one, int other) =>
        OrthogonalBasis.Dot(columns.AsSpan(one * length, length), columns.AsSpan(other * length, length))
        - SharedProduct(one, other);

    /// <summary>Four such products, which are faster than one after the other.</summary>
    public Four<double> Products(in Four<int> ones, in Four<int> others)
    {
        Four<double> products = default;
        OrthogonalBasis.DotsOfPairs(columns, length, ones, others, products);
        for (var k = 0; k < OrthogonalBasis.Abreast; k++)
        {
            products[k] -= SharedProduct(ones[k], others[k]);
        }

        return products;
    }

    private double SharedProduct(int one, int other)
    {
        var own = Shares(one);
        var others = Shares(other);
        var sum = 0.0;
        for (var k = 0; k < own.Length; k++)
        {
            sum += own[k] * others[k];
        }

        return sum;
    }

    /// <summary>How much of each column of the background is in one.</summary>
    private Span<double> Shares(int place) => shares.AsSpan(place * basis.Count, basis.Count);

    private static void Grow<T>(ref T[] rented, int needed)
    {
        var more = ArrayPool<T>.Shared.Rent(needed);
        rented.CopyTo(more);
        ArrayPool<T>.Shared.Return(rented);
        rented = more;
    }
}
