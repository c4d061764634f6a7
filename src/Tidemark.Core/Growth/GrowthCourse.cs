using Tidemark.Core.Series;

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

    /// <summary>Ever slower still, as ever rarer keys do: log(1 + age / p).</summary>
    Logarithm,

    /// <summary>Evenly from some time on.</summary>
    Late,

    /// <summary>Evenly until some time, then not at all.</summary>
    Capped,

    /// <summary>At once.</summary>
    Step,
}

/// <summary>Which lives of a process a course runs in.</summary>
internal enum CourseLives
{
    All,
    Last,
    Earlier,
}

/// <summary>What a course runs by: the age of the process, or the work that it has done.</summary>
/// <param name="Readings">The reading in each interval, in hours; 0 at the start of each life.</param>
/// <param name="Pace">How fast it goes at the end, in hours per hour.</param>
internal sealed record GrowthClock(double[] Readings, double Pace)
{
    public double End => Readings[^1];

    public static GrowthClock OfAge(Bins bins) => new(bins.Ages, 1);

    /// <summary>
    /// Requests served in this life, in hours of the average load: what leaks with each request runs by this clock, and the
    /// season of the traffic with it. Null where the requests are not known.
    /// </summary>
    public static GrowthClock? OfWork(Bins bins)
    {
        if (bins.Rate(Signal.Requests) is not { } rate)
        {
            return null;
        }

        var (sum, seen) = (0.0, 0);
        foreach (var r in rate)
        {
            if (!double.IsNaN(r))
            {
                sum += r;
                seen++;
            }
        }

        if (seen < rate.Length / 2 || sum <= 0)
        {
            return null;
        }

        var mean = sum / seen;
        var readings = new double[rate.Length];
        var (recent, hours) = (0.0, 0.0);
        for (var i = 0; i < rate.Length; i++)
        {
            var isNew = i == 0 || bins.Lives[i] != bins.Lives[i - 1];
            var passed = isNew ? bins.Ages[i] : bins.Hours[i] - bins.Hours[i - 1];
            var work = passed * (double.IsNaN(rate[i]) ? 1 : rate[i] / mean);
            readings[i] = work + (isNew ? 0 : readings[i - 1]);
            if (bins.Hours[^1] - bins.Hours[i] <= 24)
            {
                recent += work;
                hours += passed;
            }
        }

        return new GrowthClock(readings, hours > 0 ? recent / hours : 1);
    }
}

/// <summary>One elementary course: a function of a clock that rises from 0 to about 1 over the history.</summary>
internal sealed class ElementaryCourse
{
    /// <summary>The share of the history that a start-up may take.</summary>
    private const double StartUp = 0.08;

    private readonly GrowthClock clock;
    private readonly CourseKind kind;
    private readonly double since;
    private readonly double parameter;
    private readonly double span;

    /// <param name="bins">The intervals.</param>
    /// <param name="clock">What it runs by.</param>
    /// <param name="kind">The function.</param>
    /// <param name="parameter">Its parameter p: a time constant in hours, or a power.</param>
    /// <param name="since">When it begins, or when the capped one ends.</param>
    /// <param name="lives">Where it runs; elsewhere its column is 0.</param>
    public ElementaryCourse(
        Bins bins,
        GrowthClock clock,
        CourseKind kind,
        double parameter = 0,
        double since = 0,
        CourseLives lives = CourseLives.All
    )
    {
        this.clock = clock;
        this.kind = kind;
        this.parameter = parameter;
        this.since = since;
        span = bins.SpanHours;
        var last = bins.Lives[^1];
        Column = new double[bins.Count];
        for (var i = 0; i < Column.Length; i++)
        {
            var runs = lives == CourseLives.All || (bins.Lives[i] == last) == (lives == CourseLives.Last);
            Column[i] = runs ? At(clock.Readings[i]) : 0;
        }

        RiseAfterStart = kind == CourseKind.Step ? 0 : At(clock.End) - At(Math.Min(StartUp * span, clock.End));
        Slope = SlopeAt(clock.End) * clock.Pace;
        Rise = At(clock.End) - At(0);
        Future = After(span) - At(clock.End);
    }

    /// <summary>Its value in each interval.</summary>
    public double[] Column { get; }

    /// <summary>Its derivative at the end, per hour.</summary>
    public double Slope { get; }

    /// <summary>How much it rose over the last life.</summary>
    public double Rise { get; }

    /// <summary>The part of the rise that came after the start-up; 0 for a step, which is no growth.</summary>
    public double RiseAfterStart { get; }

    /// <summary>How much it will rise in as long again as the history lasted.</summary>
    public double Future { get; }

    /// <summary>Its value so many hours after the end of the history, if the work goes on as it did of late.</summary>
    public double After(double hours) => At(clock.End + (hours * clock.Pace));

    public override string ToString() => $"{kind}({parameter:0.##},{since:0.##}){(clock.Pace == 1 ? "" : "w")}";

    private double At(double x) =>
        kind switch
        {
            CourseKind.Linear => x / span,
            CourseKind.Square => x / span * (x / span),
            CourseKind.Levelling => x > since ? 1 - Math.Exp((since - x) / parameter) : 0,
            CourseKind.Power => Math.Pow(x / span, parameter),
            CourseKind.Logarithm => Math.Log(1 + (x / parameter)),
            CourseKind.Late => Math.Max(0, x - since) / span,
            CourseKind.Capped => Math.Min(x, since) / since,
            _ => x >= since ? 1 : 0,
        };

    private double SlopeAt(double x) =>
        kind switch
        {
            CourseKind.Linear or CourseKind.Late => 1 / span,
            CourseKind.Square => 2 * x / (span * span),
            CourseKind.Levelling => Math.Exp((since - x) / parameter) / parameter,
            CourseKind.Power => parameter * At(x) / Math.Max(x, 1e-9),
            CourseKind.Logarithm => 1 / (parameter + x),
            _ => 0,
        };
}

/// <summary>A hypothesis of how memory grew, as a sum of elementary courses.</summary>
/// <param name="Shape">Its shape in the words of the contract.</param>
/// <param name="Positions">How many places or times were chosen to fit, beside the sizes.</param>
/// <param name="Parts">At most <see cref="MaximumParts"/> courses.</param>
internal sealed record GrowthCourse(GrowthShape Shape, int Positions, params ElementaryCourse[] Parts)
{
    public const int MaximumParts = 3;

    /// <summary>Time constants of levelling, as shares of the history: from a start-up to what has bent just enough to be seen.</summary>
    private static readonly double[] Levellings = [0.02, 0.04, 0.08, 0.14, 0.22, 0.33];

    /// <summary>Up to this share a levelling may be the start-up of a process that then does something else.</summary>
    private const double LongestWarmUp = 0.15;

    /// <summary>Exponents of Heaps' law; 0.4 to 0.6 is usual for words, up to 0.9 for identifiers.</summary>
    private static readonly double[] Powers = [0.35, 0.5, 0.65, 0.8];

    /// <summary>Times after which a logarithm bends, as shares of the history.</summary>
    private static readonly double[] Logarithms = [0.03, 0.1, 0.3];

    /// <summary>Places at which a course may begin or end, in eighths of the last life.</summary>
    private const int Places = 8;

    /// <summary>A rest must have lasted a quarter of the last life before it is taken for the end of the growth.</summary>
    private const int LastCap = 6;

    /// <summary>All hypotheses that a history is held against, the flat one first.</summary>
    /// <param name="bins">The clock.</param>
    /// <param name="lives">Where the courses run.</param>
    /// <param name="jumps">Ages at which the level changed at once, the largest change first.</param>
    /// <param name="work">The clock of the work, where it is known.</param>
    public static List<GrowthCourse> All(Bins bins, CourseLives lives, ReadOnlySpan<double> jumps, GrowthClock? work)
    {
        var span = bins.SpanHours;
        var age = GrowthClock.OfAge(bins);
        ElementaryCourse Of(CourseKind kind, double parameter = 0, double since = 0) =>
            new(bins, age, kind, parameter, since, lives);
        var linear = Of(CourseKind.Linear);
        var square = Of(CourseKind.Square);
        var courses = new List<GrowthCourse>(80)
        {
            new(GrowthShape.Flat, 0),
            new(GrowthShape.Linear, 0, linear),
            new(GrowthShape.Accelerating, 0, square),
            new(GrowthShape.Accelerating, 0, linear, square),
        };
        var steps = new List<ElementaryCourse>();
        foreach (var jump in jumps)
        {
            steps.Add(Of(CourseKind.Step, 0, jump));
        }

        foreach (var share in Levellings)
        {
            var levelling = Of(CourseKind.Levelling, share * span);
            courses.Add(new(GrowthShape.Logarithmic, 1, levelling));
            if (share < LongestWarmUp)
            {
                courses.Add(new(GrowthShape.Linear, 1, levelling, linear));
                foreach (var step in steps)
                {
                    courses.Add(new(GrowthShape.Logarithmic, 2, levelling, step));
                    courses.Add(new(GrowthShape.Step, 2, levelling, linear, step));
                }
            }
        }

        foreach (var power in Powers)
        {
            courses.Add(new(GrowthShape.Logarithmic, 1, Of(CourseKind.Power, power)));
        }

        foreach (var share in Logarithms)
        {
            courses.Add(new(GrowthShape.Logarithmic, 1, Of(CourseKind.Logarithm, share * span)));
        }

        for (var k = 1; k < Places; k++)
        {
            var place = bins.Ages[^1] * k / Places;
            courses.Add(new(GrowthShape.Linear, 1, Of(CourseKind.Late, 0, place)));
            if (k <= LastCap)
            {
                courses.Add(new(GrowthShape.Logarithmic, 1, Of(CourseKind.Capped, 0, place)));
            }
        }

        for (var j = 0; j < steps.Count; j++)
        {
            courses.Add(new(GrowthShape.Step, 1, steps[j]));
            courses.Add(new(GrowthShape.Step, 1, steps[j], linear));
            courses.Add(new(GrowthShape.Linear, 1, steps[j], Of(CourseKind.Late, 0, jumps[j])));
            courses.Add(new(GrowthShape.Step, 2, steps[j], Of(CourseKind.Levelling, 0.03 * span, jumps[j])));
            courses.Add(new(GrowthShape.Step, 2, steps[j], Of(CourseKind.Levelling, 0.1 * span, jumps[j])));
            for (var k = 0; k < j; k++)
            {
                courses.Add(new(GrowthShape.Step, 2, steps[k], steps[j]));
            }
        }

        if (steps.Count == 3)
        {
            courses.Add(new(GrowthShape.Step, 3, [.. steps]));
        }

        if (work is not null)
        {
            AddByWork(courses, bins, work, lives);
        }

        return courses;
    }

    /// <summary>What grows with each request, or with each new key among them.</summary>
    private static void AddByWork(List<GrowthCourse> courses, Bins bins, GrowthClock work, CourseLives lives)
    {
        ElementaryCourse Of(CourseKind kind, double parameter = 0) => new(bins, work, kind, parameter, 0, lives);
        var linear = Of(CourseKind.Linear);
        courses.Add(new(GrowthShape.Linear, 1, linear));
        foreach (var share in Levellings)
        {
            var levelling = Of(CourseKind.Levelling, share * bins.SpanHours);
            courses.Add(new(GrowthShape.Logarithmic, 2, levelling));
            if (share < LongestWarmUp)
            {
                courses.Add(new(GrowthShape.Linear, 2, levelling, linear));
            }
        }

        foreach (var power in Powers)
        {
            courses.Add(new(GrowthShape.Logarithmic, 2, Of(CourseKind.Power, power)));
        }

        foreach (var share in Logarithms)
        {
            courses.Add(new(GrowthShape.Logarithmic, 2, Of(CourseKind.Logarithm, share * bins.SpanHours)));
        }
    }
}
