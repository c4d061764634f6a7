using System.Globalization;
using System.Text;
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

    public static HistoryFormat Format { get; } = new("mprof", Recognises, Read);

    private static bool Recognises(ReadOnlySpan<byte> head) =>
        head.StartsWith("CMDLINE "u8)
        || (head.StartsWith("MEM "u8) && head.Length > 4 && head[4] is >= (byte)'0' and <= (byte)'9');

    private static HistoryFile Read(byte[] bytes, string targetName, string path)
    {
        var warnings = new List<string>();
        var histories = new SortedDictionary<int, ProcessHistoryBuilder> { [-1] = new(targetName) };
        var sample = new SignalSample();
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var fields = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (fields is [] or ["CMDLINE", ..] or ["FUNC", ..])
            {
                continue;
            }

            if (Parse(fields) is not var (child, memory, time))
            {
                if (i < lines.Length - 1)
                {
                    throw new MalformedHistoryException(
                        $"{path}: line {i + 1}: expected 'MEM <MiB> <seconds>' or 'CHLD <number> <MiB> <seconds>', found '{Shown(lines[i])}'"
                    );
                }

                warnings.Add($"{path}: the last line is cut short and was left out");
                continue;
            }

            if (!histories.TryGetValue(child, out var history))
            {
                histories[child] = history = new ProcessHistoryBuilder($"{targetName} child {child}");
            }

            sample.Clear();
            sample[Signal.Footprint] = memory * MiB;
            if (!history.Add(time, sample))
            {
                warnings.Add($"{path}: line {i + 1}: the time does not go forward; the sample was left out");
            }
        }

        var filled = histories.Values.Where(h => h.Count > 0).Select(h => h.ToHistory()).ToList();
        return filled.Count > 0
            ? new HistoryFile(filled, warnings)
            : throw new MalformedHistoryException($"{path}: no 'MEM' line: mprof was stopped before its first sample");
    }

    private static (int Child, double Memory, double Time)? Parse(string[] fields)
    {
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
        return string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c));
    }
}
