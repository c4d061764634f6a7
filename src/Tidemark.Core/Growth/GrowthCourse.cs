namespace Tidemark.Core.Growth;

/// <summary>The elementary ways in which memory grows with the age of a process.</summary>
internal enum CourseKind
{
    /// <summary>Evenly.</summary>
    Linear,

    /// <summary>Faster and faster, as the square of the age.</summary>
    Square,

    /// <summary>Towards a bound, as a cache of bounded size or a pool does: 1 - exp(-age / p).</summary>
    Levelling,

    /// <summary>Ever slower but without a bound, as new keys do (Heaps' law): age to the power of p, which is below 1.</summary>
    Power,

    /// <summary>Evenly from the age p on.</summary>
    Late,

    /// <summary>Evenly until the age p, then not at all.</summary>
    Capped,

    /// <summary>At once, at the age p.</summary>
    Step,
}

/// <summary>Which lives of a process a course runs in.</summary>
internal enum CourseLives
{
    All,
    Last,
    Earlier,
}

/// <summary>One elementary course: a function of the age in hours that rises from 0 to about 1 over the history.</summary>
internal sealed class ElementaryCourse
{
    private readonly CourseKind kind;
    private readonly double parameter;
    private readonly double span;

    /// <param name="bins">The clock.</param>
    /// <param name="kind">The function.</param>
    /// <param name="parameter">Its parameter p, in hours or a power.</param>
    /// <param name="lives">Where it runs; elsewhere its column is 0.</param>
    public ElementaryCourse(Bins bins, CourseKind kind, double parameter = 0, CourseLives lives = CourseLives.All)
    {
        this.kind = kind;
        this.parameter = parameter;
        span = bins.SpanHours;
        var last = bins.Lives[^1];
        Column = new double[bins.Count];
        for (var i = 0; i < Column.Length; i++)
        {
            var runs = lives == CourseLives.All || (bins.Lives[i] == last) == (lives == CourseLives.Last);
            Column[i] = runs ? At(bins.Ages[i]) : 0;
        }

        var end = bins.Ages[^1];
        Slope = SlopeAt(end);
        Rise = At(end) - At(0);
        Future = At(end + span) - At(end);
    }

    /// <summary>Its value in each interval.</summary>
    public double[] Column { get; }

    /// <summary>Its derivative at the end, per hour.</summary>
    public double Slope { get; }

    /// <summary>How much it rose over the last life.</summary>
    public double Rise { get; }

    /// <summary>How much it will rise in as long again as the history lasted.</summary>
    public double Future { get; }

    public double At(double age) =>
        kind switch
        {
            CourseKind.Linear => age / span,
            CourseKind.Square => age / span * (age / span),
            CourseKind.Levelling => 1 - Math.Exp(-age / parameter),
            CourseKind.Power => Math.Pow(age / span, parameter),
            CourseKind.Late => Math.Max(0, age - parameter) / span,
            CourseKind.Capped => Math.Min(age, parameter) / parameter,
            _ => age >= parameter ? 1 : 0,
        };

    private double SlopeAt(double age) =>
        kind switch
        {
            CourseKind.Linear or CourseKind.Late => 1 / span,
            CourseKind.Square => 2 * age / (span * span),
            CourseKind.Levelling => Math.Exp(-age / parameter) / parameter,
            CourseKind.Power => parameter * At(age) / Math.Max(age, 1e-9),
            _ => 0,
        };
}

/// <summary>A hypothesis of how memory grew, as a sum of elementary courses.</summary>
/// <param name="Shape">Its shape in the words of the contract.</param>
/// <param name="Positions">How many places or times were chosen to fit, beside the sizes.</param>
/// <param name="Parts">At most two courses.</param>
internal sealed record GrowthCourse(GrowthShape Shape, int Positions, ElementaryCourse[] Parts)
{
    /// <summary>Time constants of levelling, as shares of the history: from a start-up to one that has hardly begun to bend.</summary>
    private static readonly double[] Levellings = [0.03, 0.06, 0.12, 0.25, 0.5];

    /// <summary>Up to this share a levelling may be the start-up of a process that then does something else.</summary>
    private const double LongestWarmUp = 0.15;

    /// <summary>Exponents of Heaps' law; 0.4 to 0.6 is usual for words, up to 0.9 for identifiers.</summary>
    private static readonly double[] Powers = [0.35, 0.5, 0.65, 0.8];

    /// <summary>Places at which a course may begin or end, in eighths of the last life.</summary>
    private const int Places = 8;

    /// <summary>All hypotheses that a history is held against, the flat one first.</summary>
    public static List<GrowthCourse> All(Bins bins, CourseLives lives)
    {
        var end = bins.Ages[^1];
        ElementaryCourse Of(CourseKind kind, double parameter = 0) => new(bins, kind, parameter, lives);
        var linear = Of(CourseKind.Linear);
        var square = Of(CourseKind.Square);
        var courses = new List<GrowthCourse>(48)
        {
            new(GrowthShape.Flat, 0, []),
            new(GrowthShape.Linear, 0, [linear]),
            new(GrowthShape.Accelerating, 0, [square]),
            new(GrowthShape.Accelerating, 0, [linear, square]),
        };
        foreach (var share in Levellings)
        {
            var levelling = Of(CourseKind.Levelling, share * bins.SpanHours);
            courses.Add(new(GrowthShape.Logarithmic, 1, [levelling]));
            if (share < LongestWarmUp)
            {
                courses.Add(new(GrowthShape.Linear, 1, [levelling, linear]));
            }
        }

        foreach (var power in Powers)
        {
            courses.Add(new(GrowthShape.Logarithmic, 1, [Of(CourseKind.Power, power)]));
        }

        for (var k = 1; k < Places; k++)
        {
            var place = end * k / Places;
            var step = Of(CourseKind.Step, place);
            courses.Add(new(GrowthShape.Linear, 1, [Of(CourseKind.Late, place)]));
            courses.Add(new(GrowthShape.Logarithmic, 1, [Of(CourseKind.Capped, place)]));
            courses.Add(new(GrowthShape.Step, 1, [step]));
            courses.Add(new(GrowthShape.Step, 1, [step, linear]));
        }

        return courses;
    }
}
