namespace Tidemark.Core.Growth;

/// <summary>Columns by which any signal may move, as far as they depend on the intervals alone: made once for all signals of a history.</summary>
internal sealed class Movements
{
    /// <summary>A day must be seen one and a half times before a daily season can be told from a trend.</summary>
    private const double SeasonDays = 1.6;

    /// <summary>Restarts so many hours apart come at the same hour of the day.</summary>
    private const double SameHour = 2;

    /// <summary>The same of a week.</summary>
    private const double WeekSeasonDays = 10;

    /// <summary>From here on a history may hold a weekend and the days around it.</summary>
    private const double WeekendDays = 4;

    /// <summary>A sine and its first overtone follow the two humps of a working day.</summary>
    private const int Harmonics = 2;

    /// <summary>Lives before these share one level.</summary>
    private const int MaximumLives = 8;

    private readonly Bins bins;
    private readonly List<double[]> levels = [];
    private readonly List<double[]> season = [];

    public Movements(Bins bins)
    {
        this.bins = bins;
        IsRestartedDaily = FindRestartedDaily();
        AddLevels();
        AddSeason();
        AnyTrend = new BentLine(bins);
    }

    /// <summary>The level of each life.</summary>
    public IReadOnlyList<double[]> Levels => levels;

    /// <summary>A day, a week or a weekend, where they were seen for long enough.</summary>
    public IReadOnlyList<double[]> Season => season;

    /// <summary>A trend that may bend anywhere.</summary>
    public BentLine AnyTrend { get; }

    private void AddLevels()
    {
        var lives = bins.Lives[^1] + 1;
        var first = Math.Max(0, lives - MaximumLives);
        for (var life = first; life < lives; life++)
        {
            var level = bins.Columns.Next();
            for (var i = 0; i < level.Length; i++)
            {
                level[i] = Math.Max(bins.Lives[i], first) == life ? 1 : 0;
            }

            levels.Add(level);
        }
    }

    private void AddSeason()
    {
        var days = bins.SpanHours / 24;
        if (days >= SeasonDays && !IsRestartedDaily)
        {
            AddHarmonics(24);
        }

        if (days >= WeekSeasonDays)
        {
            AddHarmonics(168);
        }
        else if (days >= WeekendDays)
        {
            AddWeekend();
        }
    }

    /// <summary>
    /// Whether most lives begin at the same hour of one day after the other: then the hour says nothing that the age does not, and the two
    /// together would explain growth by a season that takes it back.
    /// </summary>
    public bool IsRestartedDaily { get; }

    private bool FindRestartedDaily()
    {
        var (daily, lives, before) = (0, 1, bins.Hours[0] - bins.Ages[0]);
        for (var i = 1; i < bins.Count; i++)
        {
            if (bins.Lives[i] != bins.Lives[i - 1])
            {
                var born = bins.Hours[i] - bins.Ages[i];
                daily += Math.Abs(born - before - 24) <= SameHour ? 1 : 0;
                (lives, before) = (lives + 1, born);
            }
        }

        return daily >= 2 && daily >= (lives - 1) / 2;
    }

    private void AddHarmonics(double periodHours)
    {
        for (var k = 1; k <= Harmonics; k++)
        {
            var sine = bins.Columns.Next();
            var cosine = bins.Columns.Next();
            for (var i = 0; i < sine.Length; i++)
            {
                (sine[i], cosine[i]) = Math.SinCos(2 * Math.PI * k * bins.Hours[i] / periodHours);
            }

            season.Add(sine);
            season.Add(cosine);
        }
    }

    private void AddWeekend()
    {
        var weekend = bins.Columns.Next();
        for (var i = 0; i < weekend.Length; i++)
        {
            // The first of January 1970 was a Thursday.
            var day = (((bins.StartSeconds / 3600) + bins.Hours[i]) / 24) + 3;
            weekend[i] = (int)Math.Floor(day % 7) >= 5 ? 1 : 0;
        }

        season.Add(weekend);
    }
}
