using System.Buffers;
using System.Runtime.CompilerServices;

namespace Tidemark.Core.Growth;

/// <summary>What decides whether a hypothesis is looked at more closely.</summary>
/// <param name="Score">Log likelihood, less what its parameters cost.</param>
/// <param name="Rise">How much it rose over the last life, bytes.</param>
/// <param name="IsUnbounded">Whether it goes on for ever.</param>
internal readonly record struct Screening(double Score, double Rise, bool IsUnbounded)
{
    /// <summary>Behind everything and ahead of nothing.</summary>
    public static Screening Impossible => new(double.NaN, 0, false);
}

/// <summary>Fits courses to what the background leaves of a signal; each elementary course is prepared once.</summary>
/// <param name="catalog">Where the courses come from.</param>
/// <param name="known">The columns of the background.</param>
/// <param name="target">The signal in each interval.</param>
/// <param name="leastNoise">No signal is known better than to this, in its unit.</param>
internal sealed class CourseFitter(
    CourseCatalog catalog,
    IReadOnlyList<double[]> known,
    double[] target,
    double leastNoise
) : IDisposable
{
    /// <summary>With fewer samples beyond its parameters a course fits anything.</summary>
    private const int MinimumFreedom = 2;

    /// <summary>Only of a straight line one is enough.</summary>
    private const int MinimumFreedomOfLine = 1;

    /// <summary>Courses that are tuned come on top of those that the catalog has at first.</summary>
    private const int Reserve = 64;

    private readonly int length = target.Length;
    private readonly OrthogonalBasis basis = new(target.Length, known.Count);
    private readonly double[] rest = new double[target.Length];
    private readonly int untuned = catalog.Count;
    private readonly double[] tuned = new double[target.Length];
    private int[] places = ArrayPool<int>.Shared.Rent(catalog.Count + Reserve);
    private double[] prepared = ArrayPool<double>.Shared.Rent((catalog.Count + Reserve) * target.Length);
    private double[] alongRest = ArrayPool<double>.Shared.Rent(catalog.Count + Reserve);
    private double[] squares = ArrayPool<double>.Shared.Rent(catalog.Count + Reserve);
    private NoiseModel? noise;
    private double restSquare;
    private double leastSquare;
    private int count;
    private int ready;

    public void Dispose()
    {
        basis.Dispose();
        ArrayPool<int>.Shared.Return(places);
        ArrayPool<double>.Shared.Return(prepared);
        ArrayPool<double>.Shared.Return(alongRest);
        ArrayPool<double>.Shared.Return(squares);
    }

    /// <summary>From here on fits under this noise.</summary>
    public void Assume(NoiseModel assumed)
    {
        noise = assumed;
        basis.Clear();
        foreach (var column in known)
        {
            noise.News(column, basis.Next);
            basis.Add();
        }

        basis.Take();

        noise.News(target, rest);
        basis.Remove(rest);
        restSquare = OrthogonalBasis.Dot(rest, rest);
        leastSquare = noise.Samples * leastNoise * leastNoise;
        ready = count = 0;
        Array.Clear(places);
    }

    /// <summary>Puts the parts of a course among those that are prepared next.</summary>
    public void Add(GrowthCourse course)
    {
        foreach (var part in course.Parts)
        {
            Add(part);
        }
    }

    /// <summary>Takes the background out of all parts that were added: only then can their courses be fitted.</summary>
    public void Prepare()
    {
        basis.Remove(prepared.AsSpan(ready * length, (count - ready) * length));
        for (; ready < count; ready++)
        {
            (squares[ready], alongRest[ready]) = OrthogonalBasis.Dots(Column(ready), rest);
        }
    }

    /// <summary>How likely a prepared course is.</summary>
    [SkipLocalsInit]
    public Screening Screen(GrowthCourse course)
    {
        var size = course.Parts.Length;
        Span<double> inverse = stackalloc double[size * size];
        Span<double> sizes = stackalloc double[size];
        if (Solve(course, inverse, sizes) is not { } left)
        {
            return Screening.Impossible;
        }

        var (rise, future) = (0.0, 0.0);
        for (var i = 0; i < size; i++)
        {
            rise += sizes[i] * course.Parts[i].Rise;
            future += sizes[i] * course.Parts[i].Future;
        }

        return new Screening(Score(course, left), rise, FittedCourse.GoesOnForEver(rise, future));
    }

    /// <summary>A prepared course with its sizes and their errors; null where it cannot be fitted.</summary>
    [SkipLocalsInit]
    public FittedCourse? Fit(GrowthCourse course)
    {
        var size = course.Parts.Length;
        Span<double> inverse = stackalloc double[size * size];
        var sizes = new double[size];
        if (Solve(course, inverse, sizes) is not { } left)
        {
            return null;
        }

        var freedom = Math.Max(1, noise!.Samples - Parameters(course));
        var variance = left / freedom;
        var (rise, slope, future) = (0.0, 0.0, 0.0);
        Span<double> rises = stackalloc double[size];
        Span<double> slopes = stackalloc double[size];
        Span<double> futures = stackalloc double[size];
        for (var i = 0; i < size; i++)
        {
            var part = course.Parts[i];
            rise += sizes[i] * (rises[i] = part.Rise);
            slope += sizes[i] * (slopes[i] = part.Slope);
            future += sizes[i] * (futures[i] = part.Future);
        }

        return new FittedCourse(
            course,
            sizes,
            Score(course, left),
            rise,
            Math.Sqrt(variance * SmallMatrix.Square(inverse, rises, size)),
            slope,
            Math.Sqrt(variance * SmallMatrix.Square(inverse, slopes, size)),
            future,
            Math.Sqrt(variance * SmallMatrix.Square(inverse, futures, size)),
            Math.Sqrt(variance),
            freedom
        );
    }

    private int Parameters(GrowthCourse course) => basis.Count + course.Parts.Length + course.Positions;

    private double Score(GrowthCourse course, double left) =>
        (-0.5 * noise!.Samples * Math.Log(left / noise.Samples)) - (CourseSearch.CostOfParameter * Parameters(course));

    /// <summary>The sizes of the parts by least squares, and the sum of squares that they leave; null where they make no sense.</summary>
    [SkipLocalsInit]
    private double? Solve(GrowthCourse course, Span<double> inverse, Span<double> sizes)
    {
        var parts = course.Parts;
        var size = parts.Length;
        var least = size == 1 && course.Positions == 0 ? MinimumFreedomOfLine : MinimumFreedom;
        if (size > 0 && noise!.Samples - Parameters(course) < least)
        {
            return null;
        }

        Span<double> products = stackalloc double[size];
        for (var i = 0; i < size; i++)
        {
            var own = places[parts[i].Index] - 1;
            products[i] = alongRest[own];
            inverse[(i * size) + i] = squares[own];
            for (var j = 0; j < i; j++)
            {
                inverse[(i * size) + j] = inverse[(j * size) + i] = OrthogonalBasis.Dot(
                    Column(own),
                    Column(places[parts[j].Index] - 1)
                );
            }
        }

        if (!SmallMatrix.Invert(inverse, size))
        {
            return null;
        }

        SmallMatrix.Multiply(inverse, products, sizes, size);
        for (var i = 0; i < size; i++)
        {
            if (sizes[i] < 0 && (course.Shape == GrowthShape.Accelerating || parts[i].OnlyRises))
            {
                return null;
            }
        }

        return Math.Max(restSquare - OrthogonalBasis.Dot(sizes, products), leastSquare);
    }

    private Span<double> Column(int place) => prepared.AsSpan(place * length, length);

    /// <summary>Gives a part its place, where it has none yet.</summary>
    private void Add(ElementaryCourse part)
    {
        if (part.Index >= places.Length)
        {
            var known = places.Length;
            Grow(ref places, part.Index + Reserve);
            places.AsSpan(known).Clear();
        }

        if (places[part.Index] > 0)
        {
            return;
        }

        if ((count + 1) * length > prepared.Length)
        {
            Grow(ref prepared, 2 * (count + 1) * length);
        }

        if (count == Math.Min(alongRest.Length, squares.Length))
        {
            Grow(ref alongRest, 2 * (count + 1));
            Grow(ref squares, 2 * (count + 1));
        }

        if (part.Index < untuned)
        {
            noise!.News(part.Column, Column(count));
        }
        else
        {
            part.Tabulate(tuned);
            noise!.News(tuned, Column(count));
        }

        places[part.Index] = ++count;
    }

    private static void Grow<T>(ref T[] rented, int needed)
    {
        var more = ArrayPool<T>.Shared.Rent(needed);
        rented.CopyTo(more);
        ArrayPool<T>.Shared.Return(rented);
        rented = more;
    }
}
