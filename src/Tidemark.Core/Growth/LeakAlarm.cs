namespace Tidemark.Core.Growth;

/// <summary>Turns the verdicts on one process, asked for again and again, into alarms that do not flap.</summary>
/// <remarks>
/// A verdict that is right 99 times in 100 is wrong several times a week where it is asked for every quarter of an hour, for an answer or
/// two each time: what leaks is told so again by the next answer, and does not stop for hours.
/// </remarks>
public sealed class LeakAlarm
{
    /// <summary>Answers in a row must say so for so long before it is raised, two at least.</summary>
    public static readonly TimeSpan Confirmed = TimeSpan.FromMinutes(15);

    /// <summary>It is over after so long without an answer that says so.</summary>
    public static readonly TimeSpan Over = TimeSpan.FromHours(6);

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
    /// <returns>True where the alarm was raised or is over by it.</returns>
    public bool Update(bool isLeaking, DateTimeOffset at)
    {
        first = inARow == 0 ? at : first;
        inARow = isLeaking ? inARow + 1 : 0;
        last = isLeaking ? at : last;
        if (!IsRaised && inARow >= 2 && at - first >= Confirmed)
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
}
