using System.Numerics;
using System.Runtime.InteropServices;

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

    /// <summary>Ever slower but without a bound, as new keys do (Heaps' law): age to the power of p, which is below 1; or ever faster, where it is above.</summary>
    Power,

    /// <summary>Ever slower still, as ever rarer keys do: log(1 + age / p).</summary>
    Logarithm,

    /// <summary>Evenly from some time on.</summary>
    Late,

    /// <summary>Evenly until some time, then not at all.</summary>
    Capped,

    /// <summary>At once.</summary>
    Step,

    /// <summary>As another column does: explained, and no growth of its own.</summary>
    Explained,
}

/// <summary>Which lives of a process a course runs in.</summary>
internal enum CourseLives
{
    All,
    Last,
    Earlier,
}

/// <summary>One elementary course: a function of a clock that rises from 0 to about 1 over the history.</summary>
internal sealed class ElementaryCourse
{
    /// <summary>The share of the history that a start-up may take.</summary>
    private const double StartUp = 0.08;

    /// <summary>The share that the first moments take, in which a process that has just begun gets its first work.</summary>
    private const double FirstMoments = 0.05;

    /// <summary>A levelling with a time constant of up to this share may be a start-up, after which the process does something else.</summary>
    private const double LongestStartUp = 0.15;

    /// <summary>The points of the grid are so far apart: as a factor of time constants, in powers, and as a share of the last life.</summary>
    private const double GridFactor = 1.6;
    private const double GridPower = 0.15;
    private const double GridPlace = 0.125;

    /// <summary>What levels more slowly than with this share as its time constant has not been seen to level off.</summary>
    private const double SlowestLevelling = 0.36;

    /// <summary>What began or ended later than at this share of the last life has not lasted long enough to be believed.</summary>
    private const double LastPlace = 0.78;

    private readonly Bins? bins;
    private List<(double Step, ElementaryCourse? Variant)>? variants;
    private readonly GrowthClock clock;
    private readonly CourseKind kind;
    private readonly double since;
    private readonly double parameter;
    private readonly double span;
    private readonly CourseLives lives;
    private readonly double reach;
    private readonly double atEnd;

    /// <summary>The clock of what runs by none.</summary>
    private static readonly GrowthClock NoClock = new([0], 1);

    /// <summary>What another column explains.</summary>
    public ElementaryCourse(int index, double[] column)
    {
        Index = index;
        Column = column;
        kind = CourseKind.Explained;
        clock = NoClock;
        OnlyRises = true;
    }

    /// <param name="index">Its place among all courses of an analysis.</param>
    /// <param name="bins">The intervals.</param>
    /// <param name="clock">What it runs by.</param>
    /// <param name="kind">The function.</param>
    /// <param name="parameter">Its parameter p: a time constant in hours, or a power.</param>
    /// <param name="since">When it begins, or when the capped one ends.</param>
    /// <param name="lives">Where it runs; elsewhere its column is 0.</param>
    public ElementaryCourse(
        int index,
        Bins bins,
        GrowthClock clock,
        CourseKind kind,
        double parameter = 0,
        double since = 0,
        CourseLives lives = CourseLives.All
    )
    {
        Index = index;
        this.clock = clock;
        this.kind = kind;
        this.parameter = parameter;
        this.since = since;
        this.lives = lives;
        span = bins.SpanHours;
        this.bins = bins;
        IsLevelling = kind == CourseKind.Levelling && since == 0;
        IsStartUp = IsLevelling && parameter < LongestStartUp * span;
        OnlyRises = kind == CourseKind.Capped || (IsLevelling && !IsStartUp);

        // Of a process that was just restarted, the lives before tell how far the course has been seen to run.
        reach = lives == CourseLives.All ? clock.Furthest : clock.End;
        var reached = At(reach);
        atEnd = reach == clock.End ? reached : At(clock.End);
        Rise = reached - (kind == CourseKind.Step ? At(0) : 0);
        Future = At(reach + (span * clock.Pace)) - reached;
    }

    /// <summary>Its place among all courses of an analysis, from 0.</summary>
    public int Index { get; }

    /// <summary>Its value in each interval.</summary>
    public double[] Column
    {
        get
        {
            if (field is null)
            {
                field = bins!.Columns.Next();
                Tabulate(field);
            }

            return field;
        }
    }

    /// <summary>Its derivative at the end, per hour.</summary>
    public double Slope => kind == CourseKind.Explained ? 0 : SlopeAt(clock.End) * clock.Pace;

    /// <summary>How much it rose over the longest life.</summary>
    public double Rise { get; }

    /// <summary>The part of the rise that came after the start-up; 0 for a step, which is no growth.</summary>
    public double RiseAfterStart => kind == CourseKind.Step ? 0 : RiseAfter(StartUp);

    /// <summary>The part of the rise that came after the first moments.</summary>
    public double RiseAfterFirstMoments => RiseAfter(FirstMoments);

    /// <summary>How much it rises beyond that in as long again as the history lasted.</summary>
    public double Future { get; }

    /// <summary>What it is, whatever its parameter: what accelerates is of one form.</summary>
    public (CourseKind Kind, bool ByWork) Form =>
        (kind == CourseKind.Power && parameter > 1 ? CourseKind.Square : kind, clock.Pace != 1);

    public bool IsLevelling { get; }

    /// <summary>Whether it begins in the midst of what was seen.</summary>
    public bool IsLate => kind == CourseKind.Late;

    /// <summary>Whether it may be a start-up, after which the process does something else.</summary>
    public bool IsStartUp { get; }

    /// <summary>Whether it is no part of a hypothesis where it would have to fall: two parts that bend against each other fit anything.</summary>
    public bool OnlyRises { get; }

    /// <summary>The same course with its free parameter a step further; null where it has none, or was not seen there.</summary>
    /// <param name="step">A share of the distance between two points of the grid, to either side.</param>
    /// <param name="own">The intervals.</param>
    /// <param name="count">How many courses there are: one more where it is asked for the first time.</param>
    public ElementaryCourse? Variant(double step, Bins own, ref int count)
    {
        // The signals of one process often take the same course.
        variants ??= [];
        foreach (var (known, variant) in variants)
        {
            if (known == step)
            {
                return variant;
            }
        }

        var fresh = NewVariant(step, own, count);
        count += fresh is null ? 0 : 1;
        variants.Add((step, fresh));
        return fresh;
    }

    private ElementaryCourse? NewVariant(double step, Bins own, int index)
    {
        var (p, s) = (parameter, since);
        switch (kind)
        {
            case CourseKind.Levelling or CourseKind.Logarithm:
                p *= Math.Pow(GridFactor, step);
                break;
            case CourseKind.Power:
                p += step * GridPower;
                break;
            case CourseKind.Late or CourseKind.Capped:
                s += step * GridPlace * clock.End;
                break;
            default:
                return null;
        }

        var isKnown = kind switch
        {
            CourseKind.Levelling => p <= SlowestLevelling * span,
            CourseKind.Power => p < 1,
            CourseKind.Late or CourseKind.Capped => s > 0 && s <= LastPlace * clock.End,
            _ => true,
        };
        return isKnown ? new ElementaryCourse(index, own, clock, kind, p, s, lives) : null;
    }

    /// <summary>How much it rises in so many hours after the end of the history, if the work goes on as can be foreseen.</summary>
    public double Ahead(double hours) => At(clock.End + clock.Ahead(hours)) - atEnd;

    /// <summary>How uncertain the work is that it runs by, in so many hours after the end, as a variance of its logarithm.</summary>
    public double UncertaintyOfWork(double hours) => clock.Uncertainty(hours);

    public override string ToString() => $"{kind}({parameter:0.##},{since:0.##}){(clock.Pace == 1 ? "" : "w")}";

    private double RiseAfter(double share) => At(reach) - At(Math.Min(share * span, reach));

    private void Tabulate(Span<double> values)
    {
        Tabulate(clock.Readings, values);
        for (var i = 0; i < values.Length && lives != CourseLives.All; i++)
        {
            values[i] = (bins!.Lives[i] == bins.Lives[^1]) == (lives == CourseLives.Last) ? values[i] : 0;
        }
    }

    /// <summary>The function at many readings at once.</summary>
    private void Tabulate(ReadOnlySpan<double> readings, Span<double> values)
    {
        if (kind == CourseKind.Power)
        {
            readings = clock.Logarithms(bins!);
        }

        var (p, s, share, zero, one) = (
            new Vector<double>(
                kind switch
                {
                    CourseKind.Power => parameter,
                    CourseKind.Capped => 1 / since,
                    _ => 1 / parameter,
                }
            ),
            new Vector<double>(since),
            new Vector<double>(1 / span),
            Vector<double>.Zero,
            Vector<double>.One
        );
        var xs = MemoryMarshal.Cast<double, Vector<double>>(readings);
        var ys = MemoryMarshal.Cast<double, Vector<double>>(values[..readings.Length]);
        for (var i = 0; i < xs.Length; i++)
        {
            var x = xs[i];
            ys[i] = kind switch
            {
                CourseKind.Linear => x * share,
                CourseKind.Square => x * share * (x * share),
                CourseKind.Levelling => one - Vector.Exp(Vector.Min((s - x) * p, zero)),
                CourseKind.Power => Vector.Exp(p * x),
                CourseKind.Logarithm => Vector.Log(one + (x * p)),
                CourseKind.Late => Vector.Max(zero, x - s) * share,
                CourseKind.Capped => Vector.Min(x, s) * p,
                _ => Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, s), one, zero),
            };
        }

        for (var i = xs.Length * Vector<double>.Count; i < readings.Length; i++)
        {
            values[i] = At(clock.Readings[i]);
        }
    }

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
            CourseKind.Explained => 0,
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
