using Tidemark.Core.Suspects;

namespace Tidemark.Reports.Html;

/// <summary>What one HTML page shows.</summary>
public sealed record ReportModel
{
    /// <summary>The page's title.</summary>
    public required string Title { get; init; }

    /// <summary>The diagnosis, where the page is about one.</summary>
    public Diagnosis.Diagnosis? Diagnosis { get; init; }

    /// <summary>What holds the memory, likeliest first.</summary>
    public IReadOnlyList<Suspect> Suspects { get; init; } = [];

    /// <summary>The allocation profiles or their diffs.</summary>
    public IReadOnlyList<ProfileSection> Profiles { get; init; } = [];

    /// <summary>The heap graphs or their diffs.</summary>
    public IReadOnlyList<HeapSection> Heaps { get; init; } = [];

    /// <summary>What was left out or must be known to read the page, each a sentence.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>One row of a table of functions or types.</summary>
/// <param name="Name">The function or type.</param>
/// <param name="Before">Bytes in the first capture; null where there is one capture only.</param>
/// <param name="Now">Bytes in the last.</param>
/// <param name="CountBefore">Objects in the first capture; null as above.</param>
/// <param name="CountNow">Objects in the last.</param>
/// <param name="Total">Retained bytes of a type, cumulative bytes of a function, in the last capture.</param>
public sealed record TableRow(string Name, long? Before, long Now, long? CountBefore, long CountNow, long Total);

/// <summary>An allocation profile, or what grew between several of one process.</summary>
/// <param name="Title">Which.</param>
/// <param name="Unit">Unit of the values: <c>bytes</c> or <c>count</c>.</param>
/// <param name="Flame">Its call tree.</param>
/// <param name="Rows">Its functions, largest first, as many as a page bears.</param>
/// <param name="LeftOut">How many rows were left out.</param>
public sealed record ProfileSection(
    string Title,
    string Unit,
    FlameData Flame,
    IReadOnlyList<TableRow> Rows,
    int LeftOut
);

/// <summary>A heap graph, or what grew between several of one process.</summary>
/// <param name="Title">Which.</param>
/// <param name="Map">Its dominator tree, as much as a page bears.</param>
/// <param name="Rows">Its types, largest first, as many as a page bears.</param>
/// <param name="LeftOut">How many rows were left out.</param>
/// <param name="Lead">How much there is, in one sentence.</param>
/// <param name="TreeLeftOut">What the tree leaves out, in one sentence.</param>
public sealed record HeapSection(
    string Title,
    HeapMapData Map,
    IReadOnlyList<TableRow> Rows,
    int LeftOut,
    string Lead,
    string TreeLeftOut
);
