using System.Text.Json;
using System.Text.Json.Serialization;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Cases;

namespace Tidemark.Reports.Html;

/// <summary>What the page carries for its interactive parts; read by <c>web/src/data.ts</c>.</summary>
internal sealed record PageData(HistoryData? History, IReadOnlyList<FlameData> Flames, IReadOnlyList<HeapMapData> Heaps)
{
    public static PageData Of(ReportModel model) =>
        new(
            model.Diagnosis is { } diagnosis ? HistoryData.Of(diagnosis.History, diagnosis.Captures) : null,
            [.. model.Profiles.Select(p => p.Flame)],
            [.. model.Heaps.Select(h => h.Map)]
        );

    /// <summary>JSON that is safe inside of a script element: the default encoder leaves no &lt; in it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, PageJson.Default.PageData);
}

/// <summary>The signals over time, with the captures and restarts to mark.</summary>
internal sealed record HistoryData(
    IReadOnlyList<double> Times,
    IReadOnlyList<SeriesData> Series,
    IReadOnlyList<MarkData> Captures,
    IReadOnlyList<double> Restarts
)
{
    private static readonly Signal[] Shown =
    [
        Signal.Footprint,
        Signal.LiveHeap,
        Signal.CommittedHeap,
        Signal.Limit,
        Signal.HeapLimit,
        Signal.Tasks,
        Signal.Threads,
        Signal.Handles,
        Signal.CacheEntries,
    ];

    public static HistoryData Of(ProcessHistory history, IReadOnlyList<CaseCapture> captures) =>
        new(
            history.Times.ToArray(),
            [
                .. Shown
                    .Where(history.Has)
                    .Select(s => new SeriesData(
                        s.Describe().Name,
                        s.Describe().Unit,
                        [.. history.Values(s).ToArray().Select(v => double.IsNaN(v) ? (double?)null : v)]
                    )),
            ],
            [.. captures.Select(c => new MarkData((c.TakenAt - DateTimeOffset.UnixEpoch).TotalSeconds, c.Method))],
            [
                .. Enumerable
                    .Range(1, Math.Max(0, history.LifeCount - 1))
                    .Select(l => history.Times[history.Life(l).Start.Value]),
            ]
        );
}

/// <summary>One signal; null where a sample is missing.</summary>
internal sealed record SeriesData(string Name, string Unit, IReadOnlyList<double?> Values);

/// <summary>A moment to mark.</summary>
internal sealed record MarkData(double Time, string Label);

/// <summary>A call tree for the flame graph.</summary>
/// <param name="Title">Which.</param>
/// <param name="Unit">Unit of the values.</param>
/// <param name="Functions">Function names; a node names its own by number.</param>
/// <param name="Files">Where each is defined, empty where unknown.</param>
/// <param name="Root">The tree.</param>
/// <param name="IsDiff">True where the growths mean something.</param>
public sealed record FlameData(
    string Title,
    string Unit,
    IReadOnlyList<string> Functions,
    IReadOnlyList<string> Files,
    FlameNode Root,
    bool IsDiff
);

/// <summary>One call: function number (-1 for the root), inclusive value now, growth, callees. An array in JSON, to keep the page small.</summary>
[JsonConverter(typeof(FlameNodeConverter))]
public sealed record FlameNode(int Function, long Value, long Growth, IReadOnlyList<FlameNode> Callees);

/// <summary>A dominator tree for the map and the tree view.</summary>
public sealed record HeapMapData(string Title, IReadOnlyList<string> Types, HeapMapNode Root);

/// <summary>One object, or the objects of one type below one dominator. An array in JSON, to keep the page small.</summary>
[JsonConverter(typeof(HeapMapNodeConverter))]
public sealed record HeapMapNode(
    string Label,
    int Type,
    long Objects,
    long ShallowBytes,
    long RetainedBytes,
    long? Growth,
    IReadOnlyList<HeapMapNode> Children
);

internal sealed class FlameNodeConverter : JsonConverter<FlameNode>
{
    public override FlameNode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("pages are written, never read");

    public override void Write(Utf8JsonWriter writer, FlameNode value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Function);
        writer.WriteNumberValue(value.Value);
        writer.WriteNumberValue(value.Growth);
        writer.WriteStartArray();
        foreach (var callee in value.Callees)
        {
            Write(writer, callee, options);
        }

        writer.WriteEndArray();
        writer.WriteEndArray();
    }
}

internal sealed class HeapMapNodeConverter : JsonConverter<HeapMapNode>
{
    public override HeapMapNode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("pages are written, never read");

    public override void Write(Utf8JsonWriter writer, HeapMapNode value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(value.Label);
        writer.WriteNumberValue(value.Type);
        writer.WriteNumberValue(value.Objects);
        writer.WriteNumberValue(value.ShallowBytes);
        writer.WriteNumberValue(value.RetainedBytes);
        if (value.Growth is { } growth)
        {
            writer.WriteNumberValue(growth);
        }
        else
        {
            writer.WriteNullValue();
        }

        writer.WriteStartArray();
        foreach (var child in value.Children)
        {
            Write(writer, child, options);
        }

        writer.WriteEndArray();
        writer.WriteEndArray();
    }
}

// Flame graphs nest as deep as the stacks of the program.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 4096)]
[JsonSerializable(typeof(PageData))]
internal sealed partial class PageJson : JsonSerializerContext;
