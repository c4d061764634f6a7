namespace Tidemark.Runtimes.Processes;

/// <summary>Reads what costs processor time no oftener than a watch may cost.</summary>
/// <remarks>In CPU time, because on a busy machine a walk of milliseconds takes seconds, and the figure would stand still for a minute.</remarks>
internal sealed class SparingReader
{
    /// <summary>It is repeated after at least this many times what the last one cost: a quarter of a percent of a core (at half, it was half of a watch).</summary>
    private const int Rest = 400;

    private long due;

    /// <summary>What is read; the default where it is not yet time to read again.</summary>
    public T? Read<T>(Func<T> read)
    {
        if (Environment.TickCount64 < due)
        {
            return default;
        }

        var start = ThreadClock.Now;
        var value = read();
        due = Environment.TickCount64 + (long)((ThreadClock.Now - start).TotalMilliseconds * Rest);
        return value;
    }
}
