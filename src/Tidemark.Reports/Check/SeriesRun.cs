using System.Collections;
using System.IO.Compression;
using Tidemark.Core.Growth;

namespace Tidemark.Reports.Check;

/// <summary>Series that were put away, worst first: packed they take a tenth of what they take as objects, and are read one by one.</summary>
internal sealed class SeriesRun
{
    private const int BufferBytes = 4096;

    private readonly byte[] packed;
    private readonly int count;

    private SeriesRun(byte[] packed, int count) => (this.packed, this.count) = (packed, count);

    /// <summary>What they take.</summary>
    public int Bytes => packed.Length;

    /// <summary>Puts them away.</summary>
    public static SeriesRun Of(IReadOnlyCollection<CheckedSeries> sorted)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var buffer = new BufferedStream(deflate, BufferBytes))
        using (var writer = new BinaryWriter(buffer))
        {
            foreach (var series in sorted)
            {
                Write(writer, series);
            }
        }

        return new SeriesRun(packed.ToArray(), sorted.Count);
    }

    /// <summary>Reads them back.</summary>
    public IEnumerable<CheckedSeries> Read()
    {
        using var deflate = new DeflateStream(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
        using var buffer = new BufferedStream(deflate, BufferBytes);
        using var reader = new BinaryReader(buffer);
        for (var i = 0; i < count; i++)
        {
            yield return Read(reader);
        }
    }

    private static void Write(BinaryWriter to, CheckedSeries series)
    {
        to.Write(series.Target);
        to.Write7BitEncodedInt(series.Labels.Count);
        foreach (var (name, value) in series.Labels)
        {
            to.Write(name);
            to.Write(value);
        }

        to.Write(series.From.UtcTicks);
        to.Write(series.To.UtcTicks);
        to.Write7BitEncodedInt(series.Samples);
        // A sketch is drawn in eight heights; only its end is told as a figure.
        to.Write7BitEncodedInt(series.Sketch.Count);
        foreach (var step in series.Sketch)
        {
            to.Write((ushort)(BitConverter.SingleToUInt32Bits((float)step) >> 16));
        }

        to.Write(series.Sketch.LastOrDefault(v => !double.IsNaN(v), double.NaN));
        Write(to, series.Verdict);
    }

    private static void Write(BinaryWriter to, GrowthVerdict verdict)
    {
        to.Write((byte)verdict.Kind);
        to.Write((byte)verdict.Shape);
        to.Write(verdict.Confidence);
        Write(to, verdict.BytesPerHour?.Value);
        Write(to, verdict.BytesPerHour?.Low);
        Write(to, verdict.BytesPerHour?.High);
        to.Write(verdict.OutOfMemory is not null);
        if (verdict.OutOfMemory is { } end)
        {
            to.Write(end.LimitBytes);
            to.Write(end.At.UtcTicks);
            to.Write(end.Earliest.UtcTicks);
            to.Write(end.Latest?.UtcTicks ?? 0);
        }

        to.Write(verdict.NeedsMore?.Ticks ?? 0);
        to.Write7BitEncodedInt(verdict.Evidence.Count);
        foreach (var evidence in verdict.Evidence)
        {
            to.Write(evidence.Signal);
            to.Write(evidence.Finding);
            Write(to, evidence.Value);
            to.Write(evidence.Unit is not null);
            to.Write(evidence.Unit ?? "");
        }
    }

    private static void Write(BinaryWriter to, double? value)
    {
        to.Write(value is not null);
        to.Write(value ?? 0);
    }

    private static CheckedSeries Read(BinaryReader from)
    {
        var target = from.ReadString();
        var labels = new Dictionary<string, string>();
        for (var left = from.Read7BitEncodedInt(); left > 0; left--)
        {
            var name = from.ReadString();
            labels[name] = from.ReadString();
        }

        var (first, last) = (Time(from.ReadInt64()), Time(from.ReadInt64()));
        var samples = from.Read7BitEncodedInt();
        var sketch = new double[from.Read7BitEncodedInt()];
        for (var i = 0; i < sketch.Length; i++)
        {
            sketch[i] = BitConverter.UInt32BitsToSingle((uint)from.ReadUInt16() << 16);
        }

        var end = from.ReadDouble();
        if (Array.FindLastIndex(sketch, v => !double.IsNaN(v)) is >= 0 and var at)
        {
            sketch[at] = end;
        }

        return new CheckedSeries(target, labels, first, last, samples, sketch, ReadVerdict(from));
    }

    private static GrowthVerdict ReadVerdict(BinaryReader from)
    {
        var (kind, shape) = ((GrowthKind)from.ReadByte(), (GrowthShape)from.ReadByte());
        var confidence = from.ReadDouble();
        var (value, low, high) = (ReadNumber(from), ReadNumber(from), ReadNumber(from));
        var rate = value is { } known ? new Estimate(known, low ?? known, high ?? known) : (Estimate?)null;
        var end = from.ReadBoolean()
            ? new OutOfMemoryForecast(
                from.ReadInt64(),
                Time(from.ReadInt64()),
                Time(from.ReadInt64()),
                from.ReadInt64() is not 0 and var latest ? Time(latest) : null
            )
            : null;
        var needs = from.ReadInt64();
        var evidence = new Evidence[from.Read7BitEncodedInt()];
        for (var i = 0; i < evidence.Length; i++)
        {
            var (signal, finding, figure) = (from.ReadString(), from.ReadString(), ReadNumber(from));
            var hasUnit = from.ReadBoolean();
            var unit = from.ReadString();
            evidence[i] = new Evidence(signal, finding, figure, hasUnit ? unit : null);
        }

        return new GrowthVerdict(kind, shape, confidence, rate, end, evidence)
        {
            NeedsMore = needs == 0 ? null : TimeSpan.FromTicks(needs),
        };
    }

    private static double? ReadNumber(BinaryReader from)
    {
        var isThere = from.ReadBoolean();
        var value = from.ReadDouble();
        return isThere ? value : null;
    }

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);
}

/// <summary>Runs and the series that follow them, as one list: worst first, merged whenever it is walked over.</summary>
internal sealed class MergedSeries(IReadOnlyList<SeriesRun> runs, IReadOnlyList<CheckedSeries> rest, int count)
    : IReadOnlyCollection<CheckedSeries>
{
    public int Count => count;

    public IEnumerator<CheckedSeries> GetEnumerator()
    {
        var sources = runs.Select(r => r.Read()).Append(rest).Select(r => r.GetEnumerator()).ToList();
        try
        {
            var next = new PriorityQueue<IEnumerator<CheckedSeries>, CheckedSeries>(CheckedSeries.WorstFirstOrder);
            foreach (var source in sources.Where(s => s.MoveNext()))
            {
                next.Enqueue(source, source.Current);
            }

            while (next.TryDequeue(out var source, out var worst))
            {
                yield return worst;
                if (source.MoveNext())
                {
                    next.Enqueue(source, source.Current);
                }
            }
        }
        finally
        {
            sources.ForEach(s => s.Dispose());
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
