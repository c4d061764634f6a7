namespace Tidemark.Core.Growth;

/// <summary>A hypothesis of how memory grew, as a sum of elementary courses.</summary>
/// <param name="Shape">Its shape in the words of the contract.</param>
/// <param name="Positions">How many places or times were chosen to fit, beside the sizes.</param>
/// <param name="Parts">At most three courses.</param>
internal sealed record GrowthCourse(GrowthShape Shape, int Positions, params ElementaryCourse[] Parts);

/// <summary>All hypotheses that the signals of one history are held against; tabulated once for all of them.</summary>
internal sealed class CourseCatalog
{
    /// <summary>Time constants of levelling, as shares of the history: from a start-up to what has bent just enough to be seen.</summary>
    private static readonly double[] Levellings = [0.02, 0.04, 0.08, 0.14, 0.22, 0.33];

    /// <summary>Exponents of Heaps' law; 0.4 to 0.6 is usual for words, up to 0.9 for identifiers.</summary>
    private static readonly double[] Powers = [0.35, 0.5, 0.65, 0.8];

    /// <summary>Exponents of growth that accelerates, between the square and even growth and beyond.</summary>
    private static readonly double[] FasterPowers = [1.25, 1.5, 1.75, 2.25, 2.5, 3];

    /// <summary>Times after which a logarithm bends, as shares of the history.</summary>
    private static readonly double[] Logarithms = [0.03, 0.1, 0.3];

    /// <summary>Start-ups after a change of level, as shares of the history.</summary>
    private static readonly double[] Settlings = [0.03, 0.1];

    /// <summary>Places at which a course may begin or end, in eighths of the last life.</summary>
    private const int Places = 8;

    /// <summary>What began in the last quarter, growth or rest, has not lasted long enough to be believed.</summary>
    private const int LastPlace = 6;

    /// <summary>What slowed down and goes on must go on for at least as long as before.</summary>
    private const int LastBend = 4;

    /// <summary>No more courses than this are general.</summary>
    private const int Usual = 96;

    /// <summary>Start-ups beside which an explanation is tried.</summary>
    private const int ExplainedStartUps = 2;

    private readonly List<(CourseLives Lives, double[] Column, GrowthCourse[] Courses)> explained = [];
    private readonly Bins bins;
    private readonly GrowthClock age;
    private readonly GrowthClock? work;
    private int count;
    private GeneralCourses? inAllLives;
    private GeneralCourses? inLastLife;
    private GrowthCourse[]? fasterInAllLives;
    private GrowthCourse[]? fasterInLastLife;

    public CourseCatalog(Bins bins)
    {
        this.bins = bins;
        age = GrowthClock.OfAge(bins);
        work = GrowthClock.OfWork(bins);
        LinearInEarlierLives = Of(CourseKind.Linear, lives: CourseLives.Earlier);
    }

    /// <summary>Scratch.</summary>
    public Columns Columns => bins.Columns;

    /// <summary>Adds the hypotheses that another column explains a signal: by itself, or beside one of the shortest start-ups.</summary>
    public void AddExplained(CourseLives lives, double[] column, List<GrowthCourse> courses)
    {
        // The signals of one process often have the same explanations.
        foreach (var (knownLives, knownColumn, known) in explained)
        {
            if (knownColumn == column && knownLives == lives)
            {
                courses.AddRange(known);
                return;
            }
        }

        var part = new ElementaryCourse(count++, column);
        var startUps = General(lives).StartUps;
        var own = new GrowthCourse[1 + Math.Min(ExplainedStartUps, startUps.Length)];
        own[0] = new(GrowthShape.Flat, 1, part);
        for (var k = 1; k < own.Length; k++)
        {
            own[k] = new(GrowthShape.Logarithmic, 2, startUps[k - 1], part);
        }

        explained.Add((lives, column, own));
        courses.AddRange(own);
    }

    /// <summary>Each part of a course may be varied to either side.</summary>
    public const int MostVariants = 6;

    /// <summary>The same course with its free parameter a step to either side: half a step of the grid, or less.</summary>
    /// <param name="course">The course.</param>
    /// <param name="step">A share of the distance between two points of the grid.</param>
    /// <param name="variants">Where the variants go.</param>
    public void AddVariants(GrowthCourse course, double step, List<GrowthCourse> variants)
    {
        for (var i = 0; i < course.Parts.Length; i++)
        {
            for (var sign = -1; sign <= 1; sign += 2)
            {
                if (course.Parts[i].Variant(sign * step, bins, ref count) is { } part)
                {
                    ElementaryCourse[] parts = [.. course.Parts];
                    parts[i] = part;
                    variants.Add(course with { Parts = parts });
                }
            }
        }
    }

    /// <summary>How many elementary courses there are.</summary>
    public int Count => count;

    /// <summary>Even growth before the last life, whatever came then.</summary>
    public ElementaryCourse LinearInEarlierLives { get; }

    /// <summary>Adds the hypotheses, the flat one first.</summary>
    /// <param name="lives">Where the courses run.</param>
    /// <param name="jumps">Ages at which the level of this signal changed at once, the largest change first.</param>
    /// <param name="courses">Where they go.</param>
    public void AddCourses(CourseLives lives, double[] jumps, List<GrowthCourse> courses)
    {
        var general = General(lives);
        courses.AddRange(general.Courses);
        if (jumps.Length > 0)
        {
            AddAroundJumps(general, lives, jumps, courses);
        }
    }

    /// <summary>What accelerates by another power than the square; a forecast asks for it, and nothing else does.</summary>
    public GrowthCourse[] Faster(CourseLives lives) =>
        lives == CourseLives.Last ? fasterInLastLife ??= MakeFaster(lives) : fasterInAllLives ??= MakeFaster(lives);

    private GrowthCourse[] MakeFaster(CourseLives lives) =>
        Array.ConvertAll(
            FasterPowers,
            p => new GrowthCourse(GrowthShape.Accelerating, 1, Of(CourseKind.Power, p, lives: lives))
        );

    private ElementaryCourse Of(
        CourseKind kind,
        double parameter = 0,
        double since = 0,
        CourseLives lives = CourseLives.All,
        GrowthClock? clock = null
    ) => new(count++, bins, clock ?? age, kind, parameter, since, lives);

    private GeneralCourses General(CourseLives lives) =>
        lives == CourseLives.Last ? inLastLife ??= MakeGeneral(lives) : inAllLives ??= MakeGeneral(lives);

    private GeneralCourses MakeGeneral(CourseLives lives)
    {
        var linear = Of(CourseKind.Linear, lives: lives);
        var square = Of(CourseKind.Square, lives: lives);
        var courses = new List<GrowthCourse>(Usual)
        {
            new(GrowthShape.Flat, 0),
            new(GrowthShape.Linear, 0, linear),
            new(GrowthShape.Accelerating, 0, square),
            new(GrowthShape.Accelerating, 0, linear, square),
        };
        AddBending(courses, linear, lives, age, 0);
        var startUps = Singles(courses, startUp: true);
        foreach (var slower in Singles(courses, startUp: false))
        {
            foreach (var startUp in startUps)
            {
                courses.Add(new(GrowthShape.Logarithmic, 2, startUp, slower));
            }
        }

        for (var k = 1; k <= LastPlace; k++)
        {
            var place = bins.Ages[^1] * k / Places;
            courses.Add(new(GrowthShape.Linear, 1, Of(CourseKind.Late, 0, place, lives)));
            var capped = Of(CourseKind.Capped, 0, place, lives);
            courses.Add(new(GrowthShape.Logarithmic, 1, capped));
            if (k <= LastBend)
            {
                courses.Add(new(GrowthShape.Linear, 1, linear, capped));
            }

            for (var u = 0; u < Math.Min(2, startUps.Length); u++)
            {
                courses.Add(new(GrowthShape.Logarithmic, 2, startUps[u], capped));
            }
        }

        if (work is not null)
        {
            // What grows with each request, or with each new key among them; the clock is one more choice.
            var byWork = Of(CourseKind.Linear, lives: lives, clock: work);
            courses.Add(new(GrowthShape.Linear, 1, byWork));
            AddBending(courses, byWork, lives, work, 1);
        }

        return new GeneralCourses(courses, linear, startUps);
    }

    /// <summary>The parts that level off by themselves, start-ups or others.</summary>
    private static ElementaryCourse[] Singles(List<GrowthCourse> courses, bool startUp)
    {
        var singles = new List<ElementaryCourse>(Levellings.Length);
        foreach (var course in courses)
        {
            if (course.Parts is [{ IsLevelling: true } part] && part.IsStartUp == startUp)
            {
                singles.Add(part);
            }
        }

        return [.. singles];
    }

    private void AddBending(
        List<GrowthCourse> courses,
        ElementaryCourse linear,
        CourseLives lives,
        GrowthClock clock,
        int positions
    )
    {
        var span = bins.SpanHours;
        foreach (var share in Levellings)
        {
            var levelling = Of(CourseKind.Levelling, share * span, 0, lives, clock);
            courses.Add(new(GrowthShape.Logarithmic, positions + 1, levelling));
            if (levelling.IsStartUp)
            {
                courses.Add(new(GrowthShape.Linear, positions + 1, levelling, linear));
            }
        }

        foreach (var power in Powers)
        {
            courses.Add(new(GrowthShape.Logarithmic, positions + 1, Of(CourseKind.Power, power, 0, lives, clock)));
        }

        foreach (var share in Logarithms)
        {
            var logarithm = Of(CourseKind.Logarithm, share * span, 0, lives, clock);
            courses.Add(new(GrowthShape.Logarithmic, positions + 1, logarithm));
        }
    }

    private void AddAroundJumps(GeneralCourses general, CourseLives lives, double[] jumps, List<GrowthCourse> courses)
    {
        var span = bins.SpanHours;
        var steps = Array.ConvertAll(jumps, j => Of(CourseKind.Step, 0, j, lives));
        foreach (var warmUp in general.StartUps)
        {
            foreach (var step in steps)
            {
                courses.Add(new(GrowthShape.Logarithmic, 2, warmUp, step));
                courses.Add(new(GrowthShape.Step, 2, warmUp, general.Linear, step));
            }
        }

        for (var j = 0; j < steps.Length; j++)
        {
            courses.Add(new(GrowthShape.Step, 1, steps[j]));
            courses.Add(new(GrowthShape.Step, 1, steps[j], general.Linear));
            courses.Add(new(GrowthShape.Linear, 1, steps[j], Of(CourseKind.Late, 0, jumps[j], lives)));
            foreach (var share in Settlings)
            {
                var settling = Of(CourseKind.Levelling, share * span, jumps[j], lives);
                courses.Add(new(GrowthShape.Step, 2, steps[j], settling));
            }

            for (var k = 0; k < j; k++)
            {
                courses.Add(new(GrowthShape.Step, 2, steps[k], steps[j]));
            }
        }

        if (steps.Length == 3)
        {
            courses.Add(new(GrowthShape.Step, 3, steps));
        }
    }

    /// <summary>The courses that any signal may take.</summary>
    /// <param name="Courses">All of them, the flat one first.</param>
    /// <param name="Linear">Even growth by the age.</param>
    /// <param name="StartUps">The start-ups by the age, the shortest first.</param>
    private sealed record GeneralCourses(
        List<GrowthCourse> Courses,
        ElementaryCourse Linear,
        ElementaryCourse[] StartUps
    );
}
