namespace Tidemark.Formats.NetTrace;

/// <summary>Counts events that the runtime dropped: every thread numbers its events from 1, so a gap is a loss.</summary>
public sealed class SequenceGaps(NetTraceLimits limits)
{
    private Dictionary<long, uint> last = [];
    private readonly Dictionary<long, long> lostOf = [];
    private long lastThread = -1;
    private uint lastNumber;

    /// <summary>Events that are known to be missing.</summary>
    public long Lost { get; private set; }

    /// <summary>Events of one thread that are known to be missing.</summary>
    public long LostOf(long thread) => lostOf.GetValueOrDefault(thread);

    /// <summary>An event of a thread was read.</summary>
    public void Saw(long thread, uint number)
    {
        if (thread != lastThread)
        {
            Remember();
            lastThread = thread;
            lastNumber = last.GetValueOrDefault(thread);
        }

        Count(thread, number - lastNumber - 1);
        lastNumber = number;
    }

    /// <summary>At this point of the stream the threads have come to these numbers; those that are not named have ended.</summary>
    public void SequencePoint(ReadOnlySpan<(long Thread, uint Number)> threads)
    {
        Remember();
        lastThread = -1;
        var known = new Dictionary<long, uint>(threads.Length);
        foreach (var (thread, number) in threads)
        {
            Count(thread, number - last.GetValueOrDefault(thread));
            known[thread] = number;
        }

        last = known;
    }

    private void Remember()
    {
        if (lastThread >= 0 && (last.Count < limits.MaxThreads || last.ContainsKey(lastThread)))
        {
            last[lastThread] = lastNumber;
        }
    }

    /// <summary>A number that lies behind is a wrapped difference, not a loss of four thousand million events.</summary>
    private void Count(long thread, uint missing)
    {
        if (missing is > 0 and < int.MaxValue)
        {
            Lost += missing;
            lostOf[thread] = lostOf.GetValueOrDefault(thread) + missing;
        }
    }
}
