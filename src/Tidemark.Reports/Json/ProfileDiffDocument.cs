using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;
using Tidemark.Reports.Profiles;

namespace Tidemark.Reports.Json;

/// <summary>The difference of two profiles, schema <c>tidemark.diff/v1</c>.</summary>
/// <param name="Format">The format they were read from.</param>
/// <param name="Base">The older file.</param>
/// <param name="Now">The newer file.</param>
/// <param name="SampleType">The column that is asked for.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Bytes">Bytes in all, before and after.</param>
/// <param name="Objects">Objects in all, before and after.</param>
/// <param name="Total">The sum of the magnitudes of all growth: what shares refer to.</param>
/// <param name="DroppedFunctions">How many functions were left out for their small share.</param>
/// <param name="Functions">Largest change first.</param>
/// <param name="Suspects">Who is to blame, worst first.</param>
public sealed record ProfileDiffDocument(
    string Format,
    string Base,
    string Now,
    string SampleType,
    string Unit,
    ChangeDocument? Bytes,
    ChangeDocument? Objects,
    long Total,
    int DroppedFunctions,
    IReadOnlyList<FunctionChangeDocument> Functions,
    IReadOnlyList<SuspectDocument> Suspects
)
{
    public string Schema => "tidemark.diff/v1";

    /// <param name="files">The files' names, oldest first, and their format.</param>
    /// <param name="diff">The profiles side by side.</param>
    /// <param name="question">The column of the diff's growth.</param>
    /// <param name="trim">What is left out.</param>
    /// <param name="suspects">Worst first.</param>
    public static ProfileDiffDocument Of(
        (string Base, string Now, string Format) files,
        ProfileDiff diff,
        ProfileQuestion question,
        GraphTrim trim,
        IReadOnlyList<Suspect> suspects
    )
    {
        ArgumentNullException.ThrowIfNull(diff);
        ArgumentNullException.ThrowIfNull(question);
        var growth = question.Profile;
        var table = new FunctionTable(growth);
        var graph = CallGraph.Build(growth, table, question.SampleType, trim);
        var bytes = Change(growth.BytesColumn(question.SampleType));
        var counts = Change(growth.CountColumn(question.SampleType));
        var asked = Change(question.SampleType)!;
        return new ProfileDiffDocument(
            files.Format,
            files.Base,
            files.Now,
            question.TypeName,
            question.Unit,
            bytes?.Total,
            counts?.Total,
            graph.Total,
            graph.DroppedNodes,
            [
                .. graph.Nodes.Select(n => new FunctionChangeDocument(
                    n.Name.Text,
                    n.Name.File,
                    bytes?.Flat(n.Number),
                    bytes?.Cum(n.Number),
                    counts?.Flat(n.Number),
                    counts?.Cum(n.Number),
                    asked.Flat(n.Number),
                    asked.Cum(n.Number)
                )),
            ],
            SuspectDocument.Of(suspects)
        );

        ColumnChange? Change(int column) =>
            column >= 0
                ? new ColumnChange(ColumnSums.Of(table, diff.Base(column)), ColumnSums.Of(table, diff.Now(column)))
                : null;
    }

    private sealed record ColumnChange(ColumnSums Before, ColumnSums After)
    {
        public ChangeDocument Total => new(Before.Total, After.Total);

        public ChangeDocument Flat(int node) => new(Before.Flat[node], After.Flat[node]);

        public ChangeDocument Cum(int node) => new(Before.Cum[node], After.Cum[node]);
    }
}

/// <summary>One function before and after.</summary>
public sealed record FunctionChangeDocument(
    string Function,
    string File,
    ChangeDocument? FlatBytes,
    ChangeDocument? CumBytes,
    ChangeDocument? FlatCount,
    ChangeDocument? CumCount,
    ChangeDocument Flat,
    ChangeDocument Cum
);

/// <summary>A figure in both captures, and by how much it grew.</summary>
public sealed record ChangeDocument(long Before, long After)
{
    public long Growth => After - Before;
}
