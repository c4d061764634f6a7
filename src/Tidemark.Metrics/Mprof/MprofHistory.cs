using System.Globalization;
using System.Text;
using Tidemark.Core;
using Tidemark.Core.Series;

namespace Tidemark.Metrics.Mprof;

/// <summary>Reads what memory_profiler's <c>mprof run</c> writes: the resident set of a process, and of its children where asked, line by line.</summary>
/// <remarks>
/// <c>CMDLINE</c> the command, <c>MEM</c> MiB and seconds since 1970, <c>CHLD</c> the child's number, MiB and seconds,
/// <c>FUNC</c> a function's name with memory and time at its begin and end (left out here: it is no sample).
/// </remarks>
public static class MprofHistory
{
    private const double MiB = 1 << 20;

    /// <summary>Bytes of a line that can hold a sample; commands may be longer.</summary>
    private const int LongestSample = 1 << 12;

    /// <summary>mprof numbers the children that are alive, from 0 on: far fewer than these.</summary>
    private const int MostChildren = 10_000;

    private const int MostWarnings = 10;

    public static HistoryFormat Format { get; } = new("mprof", Recognises, Read);

    private static bool Recognises(ReadOnlySpan<byte> head) =>
        head.StartsWith("CMDLINE "u8)
        || (head.StartsWith("MEM "u8) && head.Length > 4 && head[4] is >= (byte)'0' and <= (byte)'9');

    private static List<FileHistory> Read(HistorySource source, Action<string> warn)
    {
        var (bytes, targetName, path) = (source.ReadBytes(), source.TargetName, source.Path);
        var histories = new SortedDictionary<int, ProcessHistoryBuilder> { [-1] = new(targetName) };
        var sample = new SignalSample();
        var leftOut = 0;
        var number = 0;
        for (var rest = bytes.AsSpan(); !rest.IsEmpty; )
        {
            number++;
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (line.StartsWith("CMDLINE"u8) || line.StartsWith("FUNC"u8) || line.Trim(" \r\t"u8).IsEmpty)
            {
                continue;
            }

            var text = Encoding.UTF8.GetString(line[..Math.Min(line.Length, LongestSample)]);
            if (Parse(text) is not var (child, memory, time))
            {
                if (end >= 0)
                {
                    throw new MalformedHistoryException(
                        $"{path}: line {number}: expected 'MEM <MiB> <seconds>' or 'CHLD <number> <MiB> <seconds>', found '{Shown(text)}'"
                    );
                }

                warn($"{path}: the last line is cut short and was left out");
                continue;
            }

            if (!histories.TryGetValue(child, out var history))
            {
                if (histories.Count > MostChildren)
                {
                    throw new MalformedHistoryException(
                        $"{path}: line {number}: more than {MostChildren} children, which is refused"
                    );
                }

                histories[child] = history = new ProcessHistoryBuilder($"{targetName} child {child}");
            }

            sample.Clear();
            sample[Signal.Footprint] = memory * MiB;
            if (!history.Add(time, sample) && ++leftOut <= MostWarnings)
            {
                warn($"{path}: line {number}: the time does not go forward; the sample was left out");
            }
        }

        if (leftOut > MostWarnings)
        {
            warn($"{path}: the same with {leftOut - MostWarnings} more samples");
        }

        var filled = histories.Values.Where(h => h.Count > 0).Select(h => new FileHistory(h.ToHistory())).ToList();
        return filled.Count > 0
            ? filled
            : throw new MalformedHistoryException($"{path}: no 'MEM' line: mprof was stopped before its first sample");
    }

    private static (int Child, double Memory, double Time)? Parse(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var child = -1;
        var isSample =
            fields is ["MEM", _, _]
            || (
                fields is ["CHLD", var number, _, _]
                && int.TryParse(number, CultureInfo.InvariantCulture, out child)
                && child >= 0
            );
        return
            isSample
            && double.TryParse(fields[^2], CultureInfo.InvariantCulture, out var memory)
            && double.TryParse(fields[^1], CultureInfo.InvariantCulture, out var time)
            && double.IsFinite(memory)
            && memory >= 0
            && double.IsFinite(time)
            ? (child, memory, time)
            : null;
    }

    private static string Shown(string line)
    {
        const int longest = 60;
        var shown = line.Length > longest ? line[..longest] + "..." : line;
        return OneLine.Of(shown);
    }
}
