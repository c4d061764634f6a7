using System.Diagnostics.CodeAnalysis;
using System.Text;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Csv;

/// <summary>What a table calls a series: a legend of the user's, or labels in the notation of Prometheus.</summary>
/// <param name="Text">As it stands there.</param>
/// <param name="Metric">The metric in front of the labels; empty where there is none, or the name is a legend.</param>
/// <param name="Labels">The labels, the metric as <c>__name__</c> among them; empty for a legend.</param>
internal sealed record SeriesName(string Text, string Metric, LabelSet Labels)
{
    private const string MetricLabel = "__name__";

    private static readonly SignalTable Table = SignalTable.BuiltIn();

    /// <summary>What people call its process.</summary>
    public string Target =>
        Labels.Count > 0
        && ProcessIdentity.Of(Labels, Table, isNamed: true).Target is var target
        && target != ProcessIdentity.Unnamed
            ? target
            : Text;

    /// <summary>Reads <c>metric{name="value", ...}</c>; everything else is a legend.</summary>
    public static SeriesName Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryLabels(text, out var metric, out var labels)
            ? new SeriesName(text, metric, new LabelSet([.. labels]))
            : new SeriesName(text, "", LabelSet.Empty);
    }

    /// <summary>The targets of many: where two would be called the same, both go by the whole of their names.</summary>
    public static string[] Targets(IReadOnlyList<SeriesName> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] targets = [.. names.Select(n => n.Target)];
        var twice = targets
            .CountBy(t => t)
            .Where(t => t.Value > 1)
            .Select(t => t.Key)
            .ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = twice.Contains(targets[i]) ? names[i].Text : targets[i];
            if (!seen.Add(targets[i]))
            {
                targets[i] = $"{targets[i]} (series {i + 1})";
                seen.Add(targets[i]);
            }
        }

        return targets;
    }

    private static bool TryLabels(
        string text,
        out string metric,
        [NotNullWhen(true)] out List<KeyValuePair<string, string>>? labels
    )
    {
        labels = null;
        var rest = text.AsSpan().Trim();
        var open = rest.IndexOf('{');
        metric = open < 0 ? "" : rest[..open].Trim().ToString();
        if (open < 0 || rest[^1] != '}' || !IsName(metric, mayBeEmpty: true))
        {
            return false;
        }

        var found = new List<KeyValuePair<string, string>>();
        if (metric.Length > 0)
        {
            found.Add(new KeyValuePair<string, string>(MetricLabel, metric));
        }

        rest = rest[(open + 1)..^1].Trim();
        while (!rest.IsEmpty)
        {
            if (!TryName(ref rest, out var name))
            {
                return false;
            }

            if (rest.IsEmpty || rest[0] == ',')
            {
                // A quoted name alone is the metric's: {"a.metric", pod="x"}.
                metric = name;
                found.Insert(0, new KeyValuePair<string, string>(MetricLabel, name));
            }
            else if (rest[0] == '=' && TryQuoted(rest[1..].TrimStart(), out var value, out var after))
            {
                found.Add(new KeyValuePair<string, string>(name, value));
                rest = after.TrimStart();
            }
            else
            {
                return false;
            }

            if (!rest.IsEmpty && rest[0] != ',')
            {
                return false;
            }

            rest = rest.IsEmpty ? rest : rest[1..].TrimStart();
        }

        labels = found;
        return true;
    }

    private static bool TryName(ref ReadOnlySpan<char> rest, out string name)
    {
        if (rest[0] == '"')
        {
            var isQuoted = TryQuoted(rest, out name, out var after);
            rest = after.TrimStart();
            return isQuoted;
        }

        var end = rest.IndexOf('=');
        name = end < 0 ? "" : rest[..end].Trim().ToString();
        rest = end < 0 ? rest : rest[end..];
        return end > 0 && IsName(name, mayBeEmpty: false);
    }

    private static bool TryQuoted(ReadOnlySpan<char> text, out string value, out ReadOnlySpan<char> rest)
    {
        value = "";
        rest = text;
        if (text.IsEmpty || text[0] != '"')
        {
            return false;
        }

        var plain = new StringBuilder();
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                value = plain.ToString();
                rest = text[(i + 1)..];
                return true;
            }

            var isEscape = text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\' or 'n';
            i += isEscape ? 1 : 0;
            plain.Append(isEscape && text[i] == 'n' ? '\n' : text[i]);
        }

        return false;
    }

    private static bool IsName(string name, bool mayBeEmpty) =>
        name.Length == 0
            ? mayBeEmpty
            : !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':' or '.');
}
