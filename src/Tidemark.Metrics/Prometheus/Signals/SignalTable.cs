using System.Globalization;
using Tidemark.Core.Series;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tidemark.Metrics.Prometheus.Signals;

/// <summary>A configuration cannot be used; the message is one line that names the file, the place and what was expected.</summary>
public sealed class ConfigurationException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Which metrics carry which signal, and under which labels a process says who it is: data, from <c>signals.yaml</c>.</summary>
public sealed class SignalTable
{
    private static readonly string[] Keys =
    [
        "metric",
        "where",
        "combine",
        "scale",
        "floor",
        "named",
        "above",
        "below",
        "from",
    ];

    private readonly Dictionary<string, List<SignalMetric>> metrics = [];
    private readonly Dictionary<string, List<string>> labels = [];

    private SignalTable()
    {
        foreach (var role in SignalRole.All)
        {
            metrics[role.Name] = [];
        }
    }

    /// <summary>The table that comes with Tidemark.</summary>
    public static SignalTable BuiltIn()
    {
        var table = new SignalTable();
        using var stream = typeof(SignalTable).Assembly.GetManifestResourceStream("signals.yaml")!;
        using var reader = new StreamReader(stream);
        table.Add(reader, "signals.yaml");
        return table;
    }

    /// <summary>The same with the <c>signals:</c> and <c>labels:</c> of a configuration file in front.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read, or says something that has no meaning.</exception>
    public static SignalTable With(string path)
    {
        var table = BuiltIn();
        try
        {
            using var reader = new StreamReader(path);
            table.Add(reader, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path}: {e.Message}", e);
        }

        return table;
    }

    /// <summary>The metrics of a signal, best first.</summary>
    public IReadOnlyList<SignalMetric> Of(SignalRole role) => metrics[role.Name];

    public IReadOnlyList<SignalMetric> Of(Signal signal) => Of(SignalRole.Of(signal));

    /// <summary>Every line of the table.</summary>
    public IEnumerable<SignalMetric> All => SignalRole.All.SelectMany(Of);

    /// <summary>The labels under which a process gives this part of its name, such as <c>pod</c>; the first that is there counts.</summary>
    public IReadOnlyList<string> LabelsOf(string part) => labels.TryGetValue(part, out var names) ? names : [];

    /// <summary>All labels that say which process a series is of.</summary>
    public IEnumerable<string> IdentityLabels => labels.Values.SelectMany(l => l).Distinct(StringComparer.Ordinal);

    private void Add(TextReader text, string path)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(text);
        }
        catch (YamlException e)
        {
            throw Wrong(path, e.Start, e.InnerException?.Message ?? e.Message, e);
        }

        if (yaml.Documents.Count == 0)
        {
            return;
        }

        // Other sections of the file belong to other commands.
        var root = Map(yaml.Documents[0].RootNode, path, "sections such as 'signals:'");
        foreach (var (key, value) in root.Children)
        {
            switch (Text(key, path))
            {
                case "labels":
                    AddLabels(Map(value, path, "parts of a name, such as 'pod: [pod, pod_name]'"), path);
                    break;
                case "signals":
                    AddSignals(Map(value, path, "signals, such as 'live-heap:'"), path);
                    break;
            }
        }
    }

    private void AddLabels(YamlMappingNode map, string path)
    {
        foreach (var (key, value) in map.Children)
        {
            var part = Text(key, path);
            if (!labels.TryGetValue(part, out var names))
            {
                if (labels.Count == ProcessIdentity.Parts.Length)
                {
                    throw Wrong(
                        path,
                        key.Start,
                        $"'{part}' is no part of a process's name: expected one of {string.Join(", ", ProcessIdentity.Parts)}"
                    );
                }

                names = labels[part] = [];
            }

            var added = List(value, path, "a list of labels").Select(l => Text(l, path));
            labels[part] = [.. added.Union(names, StringComparer.Ordinal)];
        }
    }

    private void AddSignals(YamlMappingNode map, string path)
    {
        foreach (var (key, value) in map.Children)
        {
            var name = Text(key, path);
            var role =
                SignalRole.All.FirstOrDefault(r => r.Name == name)
                ?? throw Wrong(
                    path,
                    key.Start,
                    $"'{name}' is no signal: expected one of {string.Join(", ", SignalRole.All.Select(r => r.Name))}"
                );
            var added = List(value, path, "a list of metrics").Select(m => Metric(role, m, path)).ToList();
            metrics[name] = [.. added, .. metrics[name]];
        }
    }

    private static SignalMetric Metric(SignalRole role, YamlNode node, string path)
    {
        if (node is YamlScalarNode)
        {
            return new SignalMetric(role, MetricName(node, path));
        }

        var map = Map(node, path, "a metric's name, or 'metric:' with what else is to be said");
        foreach (var key in map.Children.Keys)
        {
            if (!Keys.Contains(Text(key, path)))
            {
                throw Wrong(
                    path,
                    key.Start,
                    $"'{Text(key, path)}' is not known: expected one of {string.Join(", ", Keys)}"
                );
            }
        }

        var name = Find("metric") ?? throw Wrong(path, node.Start, "'metric:' is missing");
        return new SignalMetric(role, MetricName(name, path))
        {
            Where = Find("where") is { } where
                ? Text(where, path).Trim().TrimStart('{').TrimEnd('}').Trim(' ', ',')
                : "",
            Combine = Find("combine") is { } combine ? CombinationOf(combine, path) : Combination.Sum,
            Scale = Find("scale") is { } scale ? Number(scale, path) : 1,
            IsFloor = Find("floor") is { } floor && Text(floor, path) == "true",
            IsNamed = Find("named") is { } named && Text(named, path) == "true",
            Above = Find("above") is { } above ? Number(above, path) : double.NegativeInfinity,
            Below = Find("below") is { } below ? Number(below, path) : double.PositiveInfinity,
            From = Find("from") is { } from ? Text(from, path) : path,
        };

        YamlNode? Find(string key) => map.Children.TryGetValue(new YamlScalarNode(key), out var found) ? found : null;
    }

    private static string MetricName(YamlNode node, string path)
    {
        var name = Text(node, path);
        return
            name.Length > 0
            && !char.IsAsciiDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':')
            ? name
            : throw Wrong(path, node.Start, $"'{name}' is no metric's name");
    }

    private static Combination CombinationOf(YamlNode node, string path) =>
        Text(node, path) switch
        {
            "sum" => Combination.Sum,
            "max" => Combination.Max,
            "min" => Combination.Min,
            var other => throw Wrong(path, node.Start, $"'{other}' is no way to combine: expected sum, max or min"),
        };

    private static double Number(YamlNode node, string path) =>
        double.TryParse(Text(node, path), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong(path, node.Start, $"'{Text(node, path)}' is no number");

    private static string Text(YamlNode node, string path) =>
        node is YamlScalarNode { Value: { } text } ? text : throw Wrong(path, node.Start, "expected a text");

    private static YamlMappingNode Map(YamlNode node, string path, string expected) =>
        node as YamlMappingNode ?? throw Wrong(path, node.Start, $"expected {expected}");

    private static IList<YamlNode> List(YamlNode node, string path, string expected) =>
        node is YamlSequenceNode list ? list.Children : throw Wrong(path, node.Start, $"expected {expected}");

    private static ConfigurationException Wrong(string path, Mark at, string what, Exception? inner = null) =>
        new($"{path}: line {at.Line}: {what.ReplaceLineEndings(" ")}", inner);
}
