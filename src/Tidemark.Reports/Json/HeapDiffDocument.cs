using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;

namespace Tidemark.Reports.Json;

/// <summary>What grew between heap graphs, schema <c>tidemark.diff/v1</c>.</summary>
/// <param name="Format">The format they were read from.</param>
/// <param name="Base">The oldest file.</param>
/// <param name="Now">The newest file.</param>
/// <param name="Bytes">Reachable bytes in all.</param>
/// <param name="Objects">Reachable objects in all.</param>
/// <param name="Types">Those first whose retained size grew most.</param>
/// <param name="Suspects">Worst first.</param>
/// <param name="Survivors">Object by object what is new and what has survived; null where identities are not stable.</param>
public sealed record HeapDiffDocument(
    string Format,
    string Base,
    string Now,
    ChangeDocument Bytes,
    ChangeDocument Objects,
    IReadOnlyList<TypeGrowthDocument> Types,
    IReadOnlyList<SuspectDocument> Suspects,
    SurvivorsDocument? Survivors
)
{
    public string Schema => "tidemark.diff/v1";

    public static HeapDiffDocument Of(
        (string Base, string Now, string Format) files,
        HeapDiff diff,
        IReadOnlyList<Suspect> suspects,
        Survivors? survivors
    )
    {
        ArgumentNullException.ThrowIfNull(diff);
        return new HeapDiffDocument(
            files.Format,
            files.Base,
            files.Now,
            new ChangeDocument(diff.Base.Dominators.TotalBytes, diff.Now.Dominators.TotalBytes),
            new ChangeDocument(diff.Base.Dominators.Count, diff.Now.Dominators.Count),
            [
                .. diff.Types.Select(t => new TypeGrowthDocument(
                    t.Name,
                    new ChangeDocument(t.Count[0], t.Count[^1]),
                    new ChangeDocument(t.ShallowBytes[0], t.ShallowBytes[^1]),
                    new ChangeDocument(t.RetainedBytes[0], t.RetainedBytes[^1]),
                    diff.Snapshots.Count > 2 ? t.RetainedBytes : null
                )),
            ],
            SuspectDocument.Of(suspects),
            survivors is null ? null : SurvivorsDocument.Of(survivors)
        );
    }
}

/// <summary>One type before and after; with more than two captures also its retained bytes in each of them.</summary>
public sealed record TypeGrowthDocument(
    string Type,
    ChangeDocument Count,
    ChangeDocument ShallowBytes,
    ChangeDocument RetainedBytes,
    IReadOnlyList<long>? Series
);

/// <summary>Object by object: of the last capture's objects, which capture was the first to have them.</summary>
/// <param name="Cohorts">One a capture.</param>
/// <param name="Gone">Objects of the first capture that the last one does not have.</param>
/// <param name="Groups">With two captures what is new; with more what came after the first and before the last but one, and is still there.</param>
public sealed record SurvivorsDocument(
    IReadOnlyList<CohortDocument> Cohorts,
    long Gone,
    IReadOnlyList<SurvivorGroupDocument> Groups
)
{
    public static SurvivorsDocument Of(Survivors survivors)
    {
        ArgumentNullException.ThrowIfNull(survivors);
        return new SurvivorsDocument(
            [.. survivors.Cohorts.Select(c => new CohortDocument(c.Objects, c.Bytes))],
            survivors.Gone,
            [.. survivors.Groups.Select(g => new SurvivorGroupDocument(g.Type, g.RootPath, g.Objects, g.Bytes))]
        );
    }
}

/// <summary>Objects that came in one stretch of time and are still there.</summary>
public sealed record CohortDocument(long Objects, long Bytes);

/// <summary>Objects that came together and are held alike.</summary>
public sealed record SurvivorGroupDocument(string Type, IReadOnlyList<string> RootPath, long Objects, long Bytes);
