namespace Tidemark.Core.Growth;

/// <summary>Turns the verdicts on one process, asked for again and again, into alarms that do not flap.</summary>
/// <remarks>
/// A verdict that is right 99 times in 100 is wrong several times a week where it is asked for every quarter of an hour, for an answer or
/// two each time: what leaks is told so again by the next answer, and does not stop for hours. The longer a process has been seen without
/// an alarm, the less likely a leak is, and the longer its answers must last. Answers that rest on nearly the same samples are one answer:
/// the row must last until there are new ones. What hardly grows leaves time to be sure: a third of all false alarms claim next to no
/// growth, and hardly any leak that must be called within hours does. And what may pass by itself within half a day, as a start-up or the
/// load of a morning, is given that long, unless a good part of the time that is left would be gone.
/// </remarks>
public sealed class LeakAlarm
{
    /// <summary>Answers in a row must say so for this share of the time that the process was seen before it is raised, and two at least ...</summary>
    private const double Confirmed = 0.03;

    /// <summary>... for no less and no more than this.</summary>
    private static readonly TimeSpan LeastConfirmed = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan MostConfirmed = TimeSpan.FromHours(1);

    /// <summary>Nor for less than so many samples take to come, ...</summary>
    private const int NewSamples = 12;

    /// <summary>... unless that is longer than this.</summary>
    private static readonly TimeSpan MostForSamples = TimeSpan.FromHours(2);

    /// <summary>What grows by less than this share of the process a day is slow, ...</summary>
    private const double Slow = 0.07;

    /// <summary>... unless it is out of memory within this time, ...</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromDays(3);

    /// <summary>... and its answers must last for so long.</summary>
    private static readonly TimeSpan SlowConfirmed = TimeSpan.FromHours(24);

    /// <summary>Answers about growth that may pass must last for so long, ...</summary>
    private static readonly TimeSpan PassingConfirmed = TimeSpan.FromHours(12);

    /// <summary>... but for no more than this share of the time until it is out of memory.</summary>
    private const double ShareOfTimeLeft = 0.25;

    /// <summary>It is over after so long without an answer that says so.</summary>
    public static readonly TimeSpan Over = TimeSpan.FromHours(12);

    private int inARow;
    private DateTimeOffset first;
    private DateTimeOffset last;

    public bool IsRaised { get; private set; }

    /// <summary>Whether it is raised, or may be by the next answer.</summary>
    public bool IsOpen => IsRaised || inARow > 0;

    /// <summary>When the first of the answers that raised it was given.</summary>
    public DateTimeOffset Since { get; private set; }

    /// <summary>Takes in one more answer.</summary>
    /// <param name="isLeaking">What it says.</param>
    /// <param name="at">When it was given; later than those before.</param>
    /// <param name="seen">How long the history is that it rests on.</param>
    /// <param name="samples">Of how many samples; 0 where that is not known.</param>
    /// <param name="patience">How long answers like it must last at the least; see <see cref="Patience"/>.</param>
    /// <returns>True where the alarm was raised or is over by it.</returns>
    public bool Update(bool isLeaking, DateTimeOffset at, TimeSpan seen, int samples = 0, TimeSpan patience = default)
    {
        first = inARow == 0 ? at : first;
        inARow = isLeaking ? inARow + 1 : 0;
        last = isLeaking ? at : last;
        if (!IsRaised && inARow >= 2 && at - first >= Needed(seen, samples, patience))
        {
            (IsRaised, Since) = (true, first);
            return true;
        }

        if (IsRaised && at - last >= Over)
        {
            IsRaised = false;
            return true;
        }

        return false;
    }

    /// <summary>For how long the answers about a leaking process must last, by what they claim.</summary>
    /// <param name="verdict">The verdict.</param>
    /// <param name="footprint">What the process takes now, bytes.</param>
    /// <param name="at">When that was.</param>
    public static TimeSpan Patience(GrowthVerdict verdict, double footprint, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var left = verdict.OutOfMemory?.At - at;
        if (!((verdict.BytesPerHour?.Value ?? 0) * 24 >= Slow * footprint) && !(left < Soon))
        {
            return SlowConfirmed;
        }

        var share = (long)(ShareOfTimeLeft * (left ?? TimeSpan.MaxValue).Ticks);
        return verdict.MayPass ? TimeSpan.FromTicks(Math.Clamp(share, 0, PassingConfirmed.Ticks)) : TimeSpan.Zero;
    }

    private static TimeSpan Needed(TimeSpan seen, int samples, TimeSpan patience)
    {
        var row = TimeSpan.FromTicks(
            Math.Clamp((long)(Confirmed * seen.Ticks), LeastConfirmed.Ticks, MostConfirmed.Ticks)
        );
        var sampled = samples > 1 ? NewSamples * (seen / (samples - 1)) : TimeSpan.Zero;
        sampled = sampled < MostForSamples ? sampled : MostForSamples;
        row = row > sampled ? row : sampled;
        return row > patience ? row : patience;
    }
}
