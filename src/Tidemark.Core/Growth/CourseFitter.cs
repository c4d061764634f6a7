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
/// <param name="columns">Scratch.</param>
/// <param name="known">The columns of the background.</param>
/// <param name="target">The signal in each interval.</param>
/// <param name="leastNoise">No signal is known better than to this, in its unit.</param>
internal sealed class CourseFitter(
    CourseCatalog catalog,
    Columns columns,
    IReadOnlyList<double[]> known,
    double[] target,
    double leastNoise
) : IDisposable
{
    /// <summary>With fewer samples beyond its parameters a course fits anything.</summary>
    private const int MinimumFreedom = 2;

    /// <summary>Only of a straight line one is enough.</summary>
    private const int MinimumFreedomOfLine = 1;

    private const int MostParts = 3;

    /// <summary>Courses that are tuned come on top of those that the catalog has at first.</summary>
    private const int Reserve = 64;

    private readonly int length = target.Length;
    private readonly OrthogonalBasis basis = new(target.Length, known.Count);
    private readonly double[] rest = columns.Next();
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
        var fresh = prepared.AsSpan(ready * length, (count - ready) * length);
        basis.Remove(fresh);
        OrthogonalBasis.Dots(fresh, rest, squares.AsSpan(ready, count - ready), alongRest.AsSpan(ready, count - ready));
        ready = count;
    }

    /// <summary>The dot products of the two parts of each course that has two; several at once are faster than one after the other.</summary>
    public void Multiply(ReadOnlySpan<GrowthCourse> courses, Span<double> products)
    {
        Four<(int First, int Second)> pairs = default;
        Four<int> from = default;
        Four<double> results = default;
        var pending = 0;
        for (var i = 0; i < courses.Length; i++)
        {
            var parts = courses[i].Parts;
            if (parts.Length != 2)
            {
                continue;
            }

            from[pending] = i;
            pairs[pending++] = (places[parts[1].Index] - 1, places[parts[0].Index] - 1);
            if (pending == OrthogonalBasis.Abreast)
            {
                OrthogonalBasis.DotsOfPairs(prepared, length, pairs, results);
                for (var k = 0; k < pending; k++)
                {
                    products[from[k]] = results[k];
                }

                pending = 0;
            }
        }

        for (var k = 0; k < pending; k++)
        {
            products[from[k]] = OrthogonalBasis.Dot(Column(pairs[k].First), Column(pairs[k].Second));
        }
    }

    /// <summary>How likely a prepared course is.</summary>
    public Screening Screen(GrowthCourse course) =>
        Screen(
            course,
            course.Parts is [var one, var other]
                ? OrthogonalBasis.Dot(Column(places[other.Index] - 1), Column(places[one.Index] - 1))
                : 0
        );

    /// <summary>The same, where the dot product of its two parts is known.</summary>
    public Screening Screen(GrowthCourse course, double product)
    {
        Sizes sizes = default;
        Inverse inverse = default;
        var parts = course.Parts;
        if (!Solve(course, product, ref inverse, ref sizes, out var left))
        {
            return Screening.Impossible;
        }

        var (rise, future) = (0.0, 0.0);
        for (var i = 0; i < parts.Length; i++)
        {
            rise += sizes[i] * parts[i].Rise;
            future += sizes[i] * parts[i].Future;
        }

        return new Screening(Score(course, left), rise, FittedCourse.GoesOnForEver(rise, future));
    }

    /// <summary>A prepared course that can be fitted, with its sizes and their errors.</summary>
    public FittedCourse Fit(GrowthCourse course)
    {
        var parts = course.Parts;
        Sizes sizes = default;
        Inverse inverse = default;
        var product = parts is [var one, var other]
            ? OrthogonalBasis.Dot(Column(places[other.Index] - 1), Column(places[one.Index] - 1))
            : 0;
        if (!Solve(course, product, ref inverse, ref sizes, out var left))
        {
            throw new InvalidOperationException($"{course} was not screened");
        }

        var freedom = Math.Max(1, noise!.Samples - Parameters(course));
        var variance = left / freedom;
        var (rise, slope, future) = (0.0, 0.0, 0.0);
        Sizes rises = default;
        Sizes slopes = default;
        Sizes futures = default;
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            rise += sizes[i] * (rises[i] = part.Rise);
            slope += sizes[i] * (slopes[i] = part.Slope);
            future += sizes[i] * (futures[i] = part.Future);
        }

        return new FittedCourse(
            course,
            sizes[..parts.Length].ToArray(),
            Score(course, left),
            rise,
            Error(ref rises),
            slope,
            Error(ref slopes),
            future,
            Error(ref futures),
            Math.Sqrt(variance),
            freedom
        );

        double Error(ref Sizes vector) =>
            Math.Sqrt(variance * SmallMatrix.Square(inverse, vector[..parts.Length], parts.Length));
    }

    private int Parameters(GrowthCourse course) => basis.Count + course.Parts.Length + course.Positions;

    private double Score(GrowthCourse course, double left) =>
        (-0.5 * noise!.Samples * Math.Log(left / noise.Samples)) - (CourseSearch.CostOfParameter * Parameters(course));

    /// <summary>The sizes of the parts by least squares, and the sum of squares that they leave; false where they make no sense.</summary>
    private bool Solve(GrowthCourse course, double product, ref Inverse inverse, ref Sizes sizes, out double left)
    {
        var parts = course.Parts;
        left = 0;
        var least = parts.Length == 1 && course.Positions == 0 ? MinimumFreedomOfLine : MinimumFreedom;
        if (parts.Length > 0 && noise!.Samples - Parameters(course) < least)
        {
            return false;
        }

        var gained = 0.0;
        switch (parts.Length)
        {
            case 0:
                break;
            case 1:
            {
                var own = places[parts[0].Index] - 1;
                var square = squares[own];
                if (!(square > SmallMatrix.Singular * square) || square <= 0)
                {
                    return false;
                }

                inverse[0] = 1 / square;
                sizes[0] = inverse[0] * alongRest[own];
                gained = sizes[0] * alongRest[own];
                break;
            }

            case 2:
            {
                var (first, second) = (places[parts[0].Index] - 1, places[parts[1].Index] - 1);
                if (!SmallMatrix.Invert(squares[first], product, squares[second], inverse))
                {
                    return false;
                }

                var (alongFirst, alongSecond) = (alongRest[first], alongRest[second]);
                sizes[0] = (inverse[0] * alongFirst) + (inverse[1] * alongSecond);
                sizes[1] = (inverse[2] * alongFirst) + (inverse[3] * alongSecond);
                gained = (sizes[0] * alongFirst) + (sizes[1] * alongSecond);
                break;
            }

            default:
                if (!SolveThree(parts, inverse, sizes, out gained))
                {
                    return false;
                }

                break;
        }

        for (var i = 0; i < parts.Length; i++)
        {
            if (sizes[i] < 0 && (course.Shape == GrowthShape.Accelerating || parts[i].OnlyRises))
            {
                return false;
            }
        }

        left = Math.Max(restSquare - gained, leastSquare);
        return true;
    }

    private bool SolveThree(ElementaryCourse[] parts, Span<double> inverse, Span<double> sizes, out double gained)
    {
        var size = parts.Length;
        Sizes products = default;
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

        gained = 0;
        if (!SmallMatrix.Invert(inverse, size))
        {
            return false;
        }

        SmallMatrix.Multiply(inverse, products, sizes, size);
        for (var i = 0; i < size; i++)
        {
            gained += sizes[i] * products[i];
        }

        return true;
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

        noise!.News(part.Column, Column(count));
        places[part.Index] = ++count;
    }

    private static void Grow<T>(ref T[] rented, int needed)
    {
        var more = ArrayPool<T>.Shared.Rent(needed);
        rented.CopyTo(more);
        ArrayPool<T>.Shared.Return(rented);
        rented = more;
    }

    /// <summary>A number for each part of a course.</summary>
    [InlineArray(MostParts)]
    private struct Sizes
    {
        private double first;
    }

    [InlineArray(OrthogonalBasis.Abreast)]
    private struct Four<T>
    {
        private T first;
    }

    /// <summary>A number for each pair of parts, row by row.</summary>
    [InlineArray(MostParts * MostParts)]
    private struct Inverse
    {
        private double first;
    }
}
