using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Tidemark.Core.Growth;

/// <summary>What decides whether a hypothesis is looked at more closely.</summary>
/// <param name="Score">Log likelihood, less what its parameters cost.</param>
/// <param name="IsUnbounded">Whether it goes on for ever.</param>
internal readonly record struct Screening(double Score, bool IsUnbounded)
{
    /// <summary>Behind everything and ahead of nothing.</summary>
    public static Screening Impossible => new(double.NaN, false);

    public bool IsPossible => !double.IsNaN(Score);
}

/// <summary>Fits courses to what the background leaves of a signal.</summary>
/// <param name="parts">The parts of the courses.</param>
/// <param name="range">From the lowest to the highest value of the signal.</param>
/// <param name="leastNoise">No signal is known better than to this, in its unit.</param>
internal sealed class CourseFitter(PreparedParts parts, double range, double leastNoise) : IDisposable
{
    /// <summary>With fewer samples beyond its parameters a course fits anything.</summary>
    private const int MinimumFreedom = 2;

    /// <summary>Only of a straight line one is enough.</summary>
    private const int MinimumFreedomOfLine = 1;

    private const int MostParts = 3;

    /// <summary>A course that rises by more than this many times the range that was seen is made of parts that cancel each other.</summary>
    private const double MostRise = 1.3;

    /// <summary>A single part may rise by more, where the ends were not seen.</summary>
    private const double MostRiseOfOne = 2;

    private int samples;
    private double leastSquare;

    public void Dispose() => parts.Dispose();

    /// <summary>From here on fits under this noise.</summary>
    public void Assume(NoiseModel noise)
    {
        parts.Assume(noise);
        samples = noise.Samples;
        leastSquare = samples * leastNoise * leastNoise;
    }

    /// <summary>How likely courses are.</summary>
    public void Screen(ReadOnlySpan<GrowthCourse> courses, Span<Screening> screenings)
    {
        ScreenSingle(courses, screenings);
        ScreenSeveral(courses, screenings);
    }

    /// <summary>The same of those that have one part or none; the others are left alone.</summary>
    public void ScreenSingle(ReadOnlySpan<GrowthCourse> courses, Span<Screening> screenings) =>
        Screen(courses, screenings, several: false);

    /// <summary>The same of those that have several parts.</summary>
    public void ScreenSeveral(ReadOnlySpan<GrowthCourse> courses, Span<Screening> screenings) =>
        Screen(courses, screenings, several: true);

    private void Screen(ReadOnlySpan<GrowthCourse> courses, Span<Screening> screenings, bool several)
    {
        Batch batch = default;
        for (var i = 0; i < courses.Length; i++)
        {
            var course = courses[i];
            var own = course.Parts;
            if (own.Length > 1 != several)
            {
                continue;
            }

            if (!HasFreedom(course))
            {
                screenings[i] = Screening.Impossible;
            }
            else if (own.Length is 1 or 2)
            {
                batch.Add(i, parts.Place(own[0]), parts.Place(own[^1]), Cost(course), Least(course));
                if (batch.Count == OrthogonalBasis.Abreast)
                {
                    Screen(ref batch, screenings, several);
                }
            }
            else
            {
                screenings[i] = ScreenAlone(course);
            }
        }

        if (batch.Count > 0)
        {
            Screen(ref batch, screenings, several);
        }
    }

    /// <summary>Screens up to four courses side by side, of one part or of two.</summary>
    private void Screen(ref Batch batch, Span<Screening> screenings, bool several)
    {
        batch.Fill();
        Gather(batch.Firsts, out var square, out var along, out var rise, out var future, out var least);
        var (product, squareB, alongB) = (Vector256<double>.Zero, Vector256<double>.One, Vector256<double>.Zero);
        var (riseB, futureB, leastB) = (alongB, alongB, alongB);
        if (several)
        {
            var products = parts.Products(batch.Seconds, batch.Firsts);
            product = Vector256.Create<double>(products);
            Gather(batch.Seconds, out squareB, out alongB, out riseB, out futureB, out leastB);
        }

        var courseLeast = Vector256.Create<double>(batch.Leasts);
        var both = square * squareB;
        var determinant = both - (product * product);
        var size = ((along * squareB) - (alongB * product)) / determinant;
        var sizeB = ((alongB * square) - (along * product)) / determinant;
        rise = (size * rise) + (sizeB * riseB);
        future = (size * future) + (sizeB * futureB);
        var most = Vector256.Create((several ? MostRise : MostRiseOfOne) * range);
        var isPossible =
            Vector256.GreaterThan(determinant, Vector256.Create(SmallMatrix.Singular) * both)
            & Vector256.GreaterThanOrEqual(size, Vector256.Max(least, courseLeast))
            & Vector256.GreaterThanOrEqual(sizeB, Vector256.Max(leastB, courseLeast))
            & Vector256.LessThanOrEqual(Vector256.Abs(rise), most);
        var left = Vector256.Max(
            Vector256.Create(parts.RestSquare) - ((size * along) + (sizeB * alongB)),
            Vector256.Create(leastSquare)
        );
        var likelihood = Vector256.Create(-0.5 * samples) * Vector256.Log(left / Vector256.Create((double)samples));
        var score = Vector256.ConditionalSelect(
            isPossible,
            likelihood - Vector256.Create<double>(batch.Costs),
            Vector256.Create(double.NaN)
        );
        var goesOn = FittedCourse.GoesOnForEver(rise, future);
        for (var k = 0; k < batch.Count; k++)
        {
            screenings[batch.From[k]] = new Screening(score[k], goesOn[k] != 0);
        }

        batch.Count = 0;
    }

    private void Gather(
        in Four<int> places,
        out Vector256<double> square,
        out Vector256<double> along,
        out Vector256<double> rise,
        out Vector256<double> future,
        out Vector256<double> least
    )
    {
        ref readonly var a = ref parts[places[0]];
        ref readonly var b = ref parts[places[1]];
        ref readonly var c = ref parts[places[2]];
        ref readonly var d = ref parts[places[3]];
        square = Vector256.Create(a.Square, b.Square, c.Square, d.Square);
        along = Vector256.Create(a.Along, b.Along, c.Along, d.Along);
        rise = Vector256.Create(a.Rise, b.Rise, c.Rise, d.Rise);
        future = Vector256.Create(a.Future, b.Future, c.Future, d.Future);
        least = Vector256.Create(a.Least, b.Least, c.Least, d.Least);
    }

    /// <summary>Screens a course of no parts, or of more than two.</summary>
    private Screening ScreenAlone(GrowthCourse course)
    {
        Sizes sizes = default;
        Inverse inverse = default;
        if (!Invert(course.Parts, inverse, sizes, out var gained))
        {
            return Screening.Impossible;
        }

        var (rise, future, isPossible) = (0.0, 0.0, true);
        for (var i = 0; i < course.Parts.Length; i++)
        {
            var part = course.Parts[i];
            rise += sizes[i] * part.Rise;
            future += sizes[i] * part.Future;
            isPossible &= sizes[i] >= Math.Max(part.OnlyRises ? 0 : double.NegativeInfinity, Least(course));
        }

        return isPossible && Math.Abs(rise) <= MostRise * range
            ? new Screening(Score(course, Left(gained)), FittedCourse.GoesOnForEver(rise, future))
            : Screening.Impossible;
    }

    /// <summary>A course that was screened and is possible, with its sizes and their errors.</summary>
    public FittedCourse Fit(GrowthCourse course)
    {
        var own = course.Parts;
        Sizes sizes = default;
        Inverse inverse = default;
        if (!Invert(own, inverse, sizes, out var gained))
        {
            throw new InvalidOperationException($"{course} was not screened");
        }

        var left = Left(gained);
        var freedom = Math.Max(1, samples - Parameters(course));
        var variance = left / freedom;
        var (rise, slope, future) = (0.0, 0.0, 0.0);
        Sizes rises = default;
        Sizes slopes = default;
        Sizes futures = default;
        for (var i = 0; i < own.Length; i++)
        {
            var part = own[i];
            rise += sizes[i] * (rises[i] = part.Rise);
            slope += sizes[i] * (slopes[i] = part.Slope);
            future += sizes[i] * (futures[i] = part.Future);
        }

        return new FittedCourse(
            course,
            sizes[..own.Length].ToArray(),
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
            Math.Sqrt(variance * SmallMatrix.Square(inverse, vector[..own.Length], own.Length));
    }

    private int Parameters(GrowthCourse course) => parts.Background + course.Parts.Length + course.Positions;

    private double Cost(GrowthCourse course) => CourseSearch.CostOfParameter * Parameters(course);

    /// <summary>What the size of any part must come to at least.</summary>
    private static double Least(GrowthCourse course) =>
        course.Shape == GrowthShape.Accelerating ? 0 : double.NegativeInfinity;

    private double Score(GrowthCourse course, double left) =>
        (-0.5 * samples * Math.Log(left / samples)) - Cost(course);

    private double Left(double gained) => Math.Max(parts.RestSquare - gained, leastSquare);

    private bool HasFreedom(GrowthCourse course) =>
        course.Parts.Length == 0
        || samples - Parameters(course)
            >= (course.Parts.Length == 1 && course.Positions == 0 ? MinimumFreedomOfLine : MinimumFreedom);

    /// <summary>The sizes of the parts by least squares, and the inverse of their products; false where the parts say the same.</summary>
    private bool Invert(ElementaryCourse[] own, Span<double> inverse, Span<double> sizes, out double gained)
    {
        var size = own.Length;
        Sizes along = default;
        for (var i = 0; i < size; i++)
        {
            var place = parts.Place(own[i]);
            along[i] = parts[place].Along;
            inverse[(i * size) + i] = parts[place].Square;
            for (var j = 0; j < i; j++)
            {
                inverse[(i * size) + j] = inverse[(j * size) + i] = parts.Product(place, parts.Place(own[j]));
            }
        }

        gained = 0;
        if (!SmallMatrix.Invert(inverse, size))
        {
            return false;
        }

        SmallMatrix.Multiply(inverse, along, sizes, size);
        for (var i = 0; i < size; i++)
        {
            gained += sizes[i] * along[i];
        }

        return true;
    }

    /// <summary>A number for each part of a course.</summary>
    [InlineArray(MostParts)]
    private struct Sizes
    {
        private double first;
    }

    /// <summary>A number for each pair of parts, row by row.</summary>
    [InlineArray(MostParts * MostParts)]
    private struct Inverse
    {
        private double first;
    }

    /// <summary>Courses of one or of two parts that are screened side by side.</summary>
    private struct Batch
    {
        public Four<int> From;
        public Four<int> Firsts;
        public Four<int> Seconds;
        public Four<double> Costs;
        public Four<double> Leasts;
        public int Count;

        public void Add(int from, int first, int second, double cost, double least)
        {
            (From[Count], Firsts[Count], Seconds[Count]) = (from, first, second);
            (Costs[Count], Leasts[Count]) = (cost, least);
            Count++;
        }

        /// <summary>Repeats the first one in the places that are left.</summary>
        public void Fill()
        {
            for (var k = Count; k < OrthogonalBasis.Abreast; k++)
            {
                (Firsts[k], Seconds[k]) = (Firsts[0], Seconds[0]);
            }
        }
    }
}
