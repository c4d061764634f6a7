using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Reports.Profiles;

namespace Tidemark.Reports.Json;

/// <summary>What an allocation profile holds, schema <c>tidemark.snapshot/v1</c>.</summary>
/// <param name="Format">The format it was read from.</param>
/// <param name="TakenAt">When it was taken, where it says so.</param>
/// <param name="SampleType">The column that is asked for.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="SampleTypes">All columns.</param>
/// <param name="Objects">Objects in all, where the profile counts them.</param>
/// <param name="Bytes">Bytes in all, where the profile counts them.</param>
/// <param name="Total">The sum of the column's magnitudes: what shares refer to.</param>
/// <param name="DroppedFunctions">How many functions were left out for their small share.</param>
/// <param name="Functions">Heaviest first.</param>
/// <param name="Suspects">Who holds most of it.</param>
public sealed record ProfileDocument(
    string Format,
    string? TakenAt,
    string SampleType,
    string Unit,
    IReadOnlyList<string> SampleTypes,
    long? Objects,
    long? Bytes,
    long Total,
    int DroppedFunctions,
    IReadOnlyList<FunctionDocument> Functions,
    IReadOnlyList<SuspectDocument> Suspects
)
{
    public string Schema => "tidemark.snapshot/v1";

    public static ProfileDocument Of(
        ProfileSnapshot snapshot,
        ProfileQuestion question,
        GraphTrim trim,
        IReadOnlyList<Suspect> suspects
    )
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(question);
        var profile = question.Profile;
        var table = new FunctionTable(profile);
        var graph = CallGraph.Build(profile, table, question.SampleType, trim);
        var bytes = ColumnSums.Of(profile, table, profile.BytesColumn(question.SampleType));
        var counts = ColumnSums.Of(profile, table, profile.CountColumn(question.SampleType));
        return new ProfileDocument(
            snapshot.Format,
            snapshot.TakenAt is { } at ? Timestamp.Of(at) : null,
            question.TypeName,
            question.Unit,
            [.. profile.SampleTypes.Select(t => t.Name)],
            counts?.Total,
            bytes?.Total,
            graph.Total,
            graph.DroppedNodes,
            [
                .. graph.Nodes.Select(n => new FunctionDocument(
                    n.Name.Text,
                    n.Name.File,
                    bytes?.Flat[n.Number],
                    bytes?.Cum[n.Number],
                    counts?.Flat[n.Number],
                    counts?.Cum[n.Number],
                    n.Flat,
                    n.Cum
                )),
            ],
            SuspectDocument.Of(suspects)
        );
    }
}

/// <summary>One function; bytes and counts are null where the profile has no such column, flat and cum are those of the column asked for.</summary>
public sealed record FunctionDocument(
    string Function,
    string File,
    long? FlatBytes,
    long? CumBytes,
    long? FlatCount,
    long? CumCount,
    long Flat,
    long Cum
);

/// <summary>The totals of one column, over all and by node.</summary>
internal sealed record ColumnSums(long Total, long[] Flat, long[] Cum)
{
    /// <summary>Null where there is no such column.</summary>
    public static ColumnSums? Of(AllocationProfile profile, FunctionTable table, int column) =>
        column >= 0 ? Of(table, profile.Values(column)) : null;

    public static ColumnSums Of(FunctionTable table, ReadOnlySpan<long> values)
    {
        var (flat, cum) = table.Sum(values);
        var total = 0L;
        foreach (var value in values)
        {
            total += value;
        }

        return new ColumnSums(total, flat, cum);
    }
}
