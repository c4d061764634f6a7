namespace Tidemark.Formats.Tracemalloc;

/// <summary>How traces are grouped, in Python's words.</summary>
public enum TracemallocKey
{
    /// <summary>By the newest frame's file and line.</summary>
    Lineno,

    /// <summary>By the newest frame's file.</summary>
    Filename,

    /// <summary>By the whole traceback.</summary>
    Traceback,
}

/// <summary>One group of traces. What <paramref name="Key"/> numbers depends on the grouping: a frame, a file or a traceback of the symbols.</summary>
public readonly record struct TracemallocStatistic(int Key, long Size, long Count);

/// <summary>One group in two snapshots.</summary>
public readonly record struct TracemallocDifference(int Key, long Size, long SizeDiff, long Count, long CountDiff);

/// <summary>The traces of one snapshot, one row a block of memory; asks and answers as Python's <c>tracemalloc.Snapshot</c> does.</summary>
public sealed class TracemallocSnapshot
{
    private readonly long[] sizes;
    private readonly int[] tracebacks;
    private readonly uint[] domains;

    internal TracemallocSnapshot(TracemallocSymbols symbols, int count, int tracebackLimit)
    {
        Symbols = symbols;
        TracebackLimit = tracebackLimit;
        sizes = new long[count];
        tracebacks = new int[count];
        domains = new uint[count];
    }

    /// <summary>A snapshot of traces that are given: size in bytes, domain, and frames as (file, line), newest first.</summary>
    public static TracemallocSnapshot Of(
        IReadOnlyCollection<(long Size, uint Domain, (string File, int Line)[] Frames)> traces,
        int tracebackLimit,
        TracemallocSymbols? symbols = null
    )
    {
        ArgumentNullException.ThrowIfNull(traces);
        symbols ??= new TracemallocSymbols();
        var snapshot = new TracemallocSnapshot(symbols, traces.Count, tracebackLimit);
        var i = 0;
        foreach (var (size, domain, lines) in traces)
        {
            int[] frames = [.. lines.Select(l => symbols.AddFrame(symbols.AddFile(l.File), l.Line))];
            snapshot.Set(i++, new TracemallocTrace(size, symbols.Tracebacks.Add(frames), domain));
        }

        return snapshot;
    }

    public TracemallocSymbols Symbols { get; }

    /// <summary>How many frames were kept of each traceback.</summary>
    public int TracebackLimit { get; }

    /// <summary>How many traces there are.</summary>
    public int Count => sizes.Length;

    /// <summary>The block's size in bytes.</summary>
    public long Size(int trace) => sizes[trace];

    public int Traceback(int trace) => tracebacks[trace];

    public uint Domain(int trace) => domains[trace];

    /// <summary>The groups, largest first, as <c>Snapshot.statistics</c> sorts them.</summary>
    /// <param name="key">How to group.</param>
    /// <param name="cumulative">Counts a trace for each of its frames, and as often as a frame occurs in it; not for tracebacks.</param>
    /// <exception cref="ArgumentException">Cumulative tracebacks: Python refuses them as well.</exception>
    public TracemallocStatistic[] Statistics(TracemallocKey key, bool cumulative = false)
    {
        var (totals, counts) = Group(key, cumulative);
        var groups = new List<TracemallocStatistic>();
        for (var k = 0; k < counts.Length; k++)
        {
            if (counts[k] > 0)
            {
                groups.Add(new TracemallocStatistic(k, totals[k], counts[k]));
            }
        }

        var order = new TracemallocOrder(Symbols, key);
        groups.Sort(
            (x, y) =>
                y.Size != x.Size ? y.Size.CompareTo(x.Size)
                : y.Count != x.Count ? y.Count.CompareTo(x.Count)
                : order.Compare(y.Key, x.Key)
        );
        return [.. groups];
    }

    /// <summary>The groups' growth since an older snapshot, largest change first, as <c>Snapshot.compare_to</c> sorts them.</summary>
    /// <exception cref="ArgumentException">Cumulative tracebacks.</exception>
    public TracemallocDifference[] CompareTo(TracemallocSnapshot older, TracemallocKey key, bool cumulative = false)
    {
        ArgumentNullException.ThrowIfNull(older);
        var before = older.With(Symbols).Group(key, cumulative);
        var now = Group(key, cumulative);
        var groups = new List<TracemallocDifference>();
        for (var k = 0; k < now.Counts.Length; k++)
        {
            var (oldSize, oldCount) = k < before.Counts.Length ? (before.Sizes[k], before.Counts[k]) : (0, 0);
            if (now.Counts[k] > 0 || oldCount > 0)
            {
                groups.Add(
                    new TracemallocDifference(
                        k,
                        now.Sizes[k],
                        now.Sizes[k] - oldSize,
                        now.Counts[k],
                        now.Counts[k] - oldCount
                    )
                );
            }
        }

        var order = new TracemallocOrder(Symbols, key);
        groups.Sort(
            (x, y) =>
                Math.Abs(y.SizeDiff) != Math.Abs(x.SizeDiff) ? Math.Abs(y.SizeDiff).CompareTo(Math.Abs(x.SizeDiff))
                : y.Size != x.Size ? y.Size.CompareTo(x.Size)
                : Math.Abs(y.CountDiff) != Math.Abs(x.CountDiff)
                    ? Math.Abs(y.CountDiff).CompareTo(Math.Abs(x.CountDiff))
                : y.Count != x.Count ? y.Count.CompareTo(x.Count)
                : order.Compare(y.Key, x.Key)
        );
        return [.. groups];
    }

    /// <summary>The traces that pass the filters, as <c>Snapshot.filter_traces</c> chooses them.</summary>
    public TracemallocSnapshot Filter(IReadOnlyList<TracemallocFilter> filters)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var matcher = new TracemallocMatcher(Symbols, filters);
        var kept = new List<int>();
        for (var i = 0; i < Count; i++)
        {
            if (matcher.Passes(tracebacks[i], domains[i]))
            {
                kept.Add(i);
            }
        }

        var filtered = new TracemallocSnapshot(Symbols, kept.Count, TracebackLimit);
        for (var i = 0; i < kept.Count; i++)
        {
            filtered.Set(i, Trace(kept[i]));
        }

        return filtered;
    }

    internal void Set(int index, TracemallocTrace trace) =>
        (sizes[index], tracebacks[index], domains[index]) = (trace.Size, trace.Traceback, trace.Domain);

    /// <summary>The same traces with the numbers of another table of symbols, which learns what it does not have.</summary>
    private TracemallocSnapshot With(TracemallocSymbols symbols)
    {
        if (ReferenceEquals(symbols, Symbols))
        {
            return this;
        }

        var translated = new int[Symbols.TracebackCount];
        var frames = new List<int>();
        for (var t = 0; t < translated.Length; t++)
        {
            frames.Clear();
            foreach (var frame in Symbols.Traceback(t))
            {
                var file = symbols.AddFile(Symbols.File(Symbols.FileOf(frame)));
                frames.Add(symbols.AddFrame(file, Symbols.LineOf(frame)));
            }

            translated[t] = symbols.Tracebacks.Add(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(frames));
        }

        var same = new TracemallocSnapshot(symbols, Count, TracebackLimit);
        for (var i = 0; i < Count; i++)
        {
            same.Set(i, Trace(i) with { Traceback = translated[tracebacks[i]] });
        }

        return same;
    }

    private (long[] Sizes, long[] Counts) Group(TracemallocKey key, bool cumulative)
    {
        if (cumulative && key == TracemallocKey.Traceback)
        {
            throw new ArgumentException("cumulative figures are by line or by file, not by traceback");
        }

        var groups = key switch
        {
            TracemallocKey.Lineno => Symbols.FrameCount,
            TracemallocKey.Filename => Symbols.FileCount,
            _ => Symbols.TracebackCount,
        };
        var (totals, counts) = (new long[groups], new long[groups]);
        var (bytesOf, blocksOf) = ByTraceback();
        for (var t = 0; t < bytesOf.Length; t++)
        {
            if (key == TracemallocKey.Traceback)
            {
                totals[t] = bytesOf[t];
                counts[t] = blocksOf[t];
                continue;
            }

            var frames = Symbols.Traceback(t);
            foreach (var frame in cumulative ? frames : frames[..1])
            {
                var group = key == TracemallocKey.Lineno ? frame : Symbols.FileOf(frame);
                totals[group] += bytesOf[t];
                counts[group] += blocksOf[t];
            }
        }

        return (totals, counts);
    }

    private TracemallocTrace Trace(int index) => new(sizes[index], tracebacks[index], domains[index]);

    private TracemallocSums ByTraceback()
    {
        var sums = new TracemallocSums(Symbols.TracebackCount);
        for (var i = 0; i < sizes.Length; i++)
        {
            sums.Add(Trace(i));
        }

        return sums;
    }
}

/// <summary>One block of memory: its size in bytes, the number of its traceback, and its domain.</summary>
internal readonly record struct TracemallocTrace(long Size, int Traceback, uint Domain);

/// <summary>The bytes and blocks of each traceback.</summary>
internal sealed class TracemallocSums(int tracebacks)
{
    public long[] Sizes { get; } = new long[tracebacks];

    public long[] Counts { get; } = new long[tracebacks];

    public void Add(TracemallocTrace trace)
    {
        Sizes[trace.Traceback] += trace.Size;
        Counts[trace.Traceback]++;
    }

    public void Deconstruct(out long[] sizes, out long[] counts) => (sizes, counts) = (Sizes, Counts);
}

/// <summary>The order of groups that have the same figures: Python compares their tracebacks, oldest frame first.</summary>
internal sealed class TracemallocOrder(TracemallocSymbols symbols, TracemallocKey key)
{
    public int Compare(int x, int y)
    {
        switch (key)
        {
            case TracemallocKey.Lineno:
                return symbols.CompareFrames(x, y);
            case TracemallocKey.Filename:
                return string.CompareOrdinal(symbols.File(x), symbols.File(y));
            default:
                var a = symbols.Traceback(x);
                var b = symbols.Traceback(y);
                for (var i = 1; i <= Math.Min(a.Length, b.Length); i++)
                {
                    var order = symbols.CompareFrames(a[^i], b[^i]);
                    if (order != 0)
                    {
                        return order;
                    }
                }

                return a.Length.CompareTo(b.Length);
        }
    }
}
