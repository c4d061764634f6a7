using System.Globalization;
using System.Text.RegularExpressions;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;

namespace Tidemark.Core.Tests.Growth;

/// <summary>A test of the growth engine as a readable text, in the manner of Prometheus' promqltest.</summary>
/// <remarks>
/// <code>
/// load 1m                                              # a sample a minute
///   footprint_bytes  200Mi+1Mix300 _x20 500Mix100 ~1%  # 301 samples that rise, a gap, a level; with noise
///   requests_total   0+600x420
///   restart          200                               # a new life begins with this sample
/// expect leak linear
/// expect rate 50Mi..70Mi                               # the true rate lies in the interval, and the estimate here
/// expect full 2h..6h                                   # the limit will be met so long after the end
/// expect evidence live-heap                            # the signal that decided
/// expect told gc-pause                                 # a signal that is told of beside it
/// expect lasting                                       # growth that does not pass by itself within half a day; or: passing
/// </code>
/// Modifiers of a series: <c>~1%</c> autocorrelated noise, <c>/\60:20%</c> a sawtooth of that many samples and height, <c>day:30%</c> a daily season.
/// </remarks>
internal sealed partial class GrowthScript
{
    private readonly List<(Signal Signal, double[] Values)> series = [];
    private readonly List<int> restarts = [];
    private readonly List<string> expectations = [];
    private readonly string name;
    private double interval;

    public GrowthScript(string name, string text)
    {
        this.name = name;
        foreach (var line in text.Split('\n').Select(l => l.Split('#')[0].Trim()).Where(l => l.Length > 0))
        {
            var words = Spaces().Split(line);
            switch (words[0])
            {
                case "load":
                    interval = Seconds(words[1]);
                    break;
                case "restart":
                    restarts.Add(int.Parse(words[1], CultureInfo.InvariantCulture));
                    break;
                case "expect":
                    expectations.Add(line["expect ".Length..]);
                    break;
                default:
                    series.Add((Signals.All.First(s => s.Column == words[0]).Signal, Values(words[1..])));
                    break;
            }
        }
    }

    /// <summary>What the verdict fails to meet; empty where it meets all.</summary>
    public List<string> Failures()
    {
        var history = History();
        var verdict = GrowthAnalyzer.Analyze(history);
        return
        [
            .. expectations
                .Where(e => !Meets(verdict, history, e))
                .Select(e => $"{name}: expected {e}, told {Tell(verdict, history)}"),
        ];
    }

    private static bool Meets(GrowthVerdict verdict, ProcessHistory history, string expectation)
    {
        var words = Spaces().Split(expectation);
        var range = words.Length > 1 ? words[1].Split("..") : [];
        switch (words[0])
        {
            case "rate":
                return verdict.BytesPerHour is { } rate
                    && rate.Value >= Bytes(range[0])
                    && rate.Value <= Bytes(range[1])
                    && rate.Low <= rate.Value
                    && rate.Value <= rate.High;
            case "full":
                return verdict.OutOfMemory is { } full
                    && (full.At - history.To).TotalSeconds >= Seconds(range[0])
                    && (full.At - history.To).TotalSeconds <= Seconds(range[1])
                    && full.Earliest <= full.At
                    && (full.Latest is null || full.At <= full.Latest);
            case "evidence":
                return verdict.Evidence.Count > 0 && verdict.Evidence[0].Signal == words[1];
            case "told":
                return verdict.Evidence.Any(e => e.Signal == words[1]);
            case "lasting":
                return verdict.IsLeaking && !verdict.MayPass;
            case "passing":
                return verdict.IsLeaking && verdict.MayPass;
            case "more":
                return verdict.NeedsMore is { } more && more > TimeSpan.Zero;
            default:
                return words[0].Split('|').Contains(Kebab(verdict.Kind))
                    && (words.Length == 1 || words[1].Split('|').Contains(Kebab(verdict.Shape)));
        }
    }

    private static string Tell(GrowthVerdict verdict, ProcessHistory history) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Kebab(verdict.Kind)} {Kebab(verdict.Shape)}, {verdict.BytesPerHour?.Value / 1048576:0.##} MiB/h, full in {(verdict.OutOfMemory?.At - history.To)?.TotalHours:0.#} h, by {verdict.Evidence[0].Signal}: {verdict.Evidence[0].Finding}"
        );

    private ProcessHistory History()
    {
        var builder = new ProcessHistoryBuilder(name);
        var sample = new SignalSample();
        for (var i = 0; i < series.Max(s => s.Values.Length); i++)
        {
            sample.Clear();
            foreach (var (signal, values) in series.Where(s => i < s.Values.Length))
            {
                sample[signal] = values[i];
            }

            if (restarts.Contains(i))
            {
                builder.Restarted();
            }

            builder.Add(1.76e9 + (i * interval), sample);
        }

        return builder.ToHistory();
    }

    private double[] Values(string[] words)
    {
        var values = new List<double>();
        foreach (var word in words)
        {
            if (Segment().Match(word) is { Success: true } segment)
            {
                var start = segment.Groups["start"].Value == "_" ? double.NaN : Bytes(segment.Groups["start"].Value);
                var step = segment.Groups["step"].Success
                    ? Bytes(segment.Groups["step"].Value) * (segment.Groups["sign"].Value == "-" ? -1 : 1)
                    : 0;
                var count = int.Parse(segment.Groups["count"].Value, CultureInfo.InvariantCulture);
                values.AddRange(Enumerable.Range(0, step == 0 ? count : count + 1).Select(k => start + (k * step)));
                continue;
            }

            var modifier = Modifier().Match(word);
            modifier.Success.ShouldBeTrue($"{name}: cannot read {word}");
            var size = double.Parse(modifier.Groups["size"].Value, CultureInfo.InvariantCulture) / 100;
            Modify(values, modifier.Groups["kind"].Value, modifier.Groups["period"].Value, size);
        }

        return [.. values];
    }

    private void Modify(List<double> values, string kind, string period, double size)
    {
        var dice = new Random(name.Sum(c => c) + values.Count);
        var noise = 0.0;
        for (var i = 0; i < values.Count; i++)
        {
            noise = (0.7 * noise) + (0.7 * (dice.NextDouble() + dice.NextDouble() + dice.NextDouble() - 1.5) * 2);
            values[i] *= kind switch
            {
                "~" => 1 + (size * noise),
                "day:" => 1 + (size * Math.Sin(2 * Math.PI * i * interval / 86400)),
                _ => 1
                    + (
                        size
                        * (i % int.Parse(period, CultureInfo.InvariantCulture))
                        / int.Parse(period, CultureInfo.InvariantCulture)
                    ),
            };
        }
    }

    private static double Bytes(string text)
    {
        var unit = text[^1] == 'i' ? text[^2] : ' ';
        var number = unit == ' ' ? text : text[..^2];
        var scale = unit switch
        {
            'K' => 1 << 10,
            'M' => 1 << 20,
            'G' => 1 << 30,
            _ => 1.0,
        };
        return double.Parse(number, CultureInfo.InvariantCulture) * scale;
    }

    private static double Seconds(string text) =>
        double.Parse(text[..^1], CultureInfo.InvariantCulture)
        * text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => 86400,
        };

    private static string Kebab<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^(?<start>_|[\d.]+[KMG]?i?)(?:(?<sign>[+-])(?<step>[\d.]+[KMG]?i?))?x(?<count>\d+)$")]
    private static partial Regex Segment();

    [GeneratedRegex(@"^(?<kind>~|day:|/\\)(?:(?<period>\d+):)?(?<size>[\d.]+)%$")]
    private static partial Regex Modifier();
}
