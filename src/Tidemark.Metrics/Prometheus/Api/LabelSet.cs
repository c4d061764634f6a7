using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Tidemark.Metrics.Prometheus.Api;

/// <summary>The labels of a series: few, so that a list is smaller and faster than a table.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "a label set is what Prometheus calls it")]
public sealed class LabelSet(KeyValuePair<string, string>[] labels) : IReadOnlyDictionary<string, string>
{
    public static LabelSet Empty { get; } = new([]);

    public int Count => labels.Length;

    public IEnumerable<string> Keys => labels.Select(l => l.Key);

    public IEnumerable<string> Values => labels.Select(l => l.Value);

    /// <inheritdoc />
    public string this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException(key);

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc />
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        foreach (var label in labels)
        {
            if (label.Key == key)
            {
                value = label.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => labels.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>As PromQL writes a selector, such as <c>{namespace="shop",pod="cart-0"}</c>.</summary>
    public override string ToString() => "{" + string.Join(',', labels.Select(l => $"{l.Key}=\"{l.Value}\"")) + "}";
}

/// <summary>One series of a range query.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Values">One value for each instant of the grid, NaN where there is none.</param>
public sealed record GridSeries(LabelSet Labels, double[] Values);

/// <summary>One series of an instant query.</summary>
public readonly record struct VectorSample(LabelSet Labels, double Value);

/// <summary>What a query gave.</summary>
/// <param name="Series">The series.</param>
/// <param name="Warnings">What the server warns of, in its words.</param>
/// <param name="IsPartial">True where it says that something is missing: a store of Thanos or a node of VictoriaMetrics is away.</param>
public sealed record Answer<T>(IReadOnlyList<T> Series, IReadOnlyList<string> Warnings, bool IsPartial);
