namespace Tidemark.Core.Suspects;

/// <summary>A line of code that allocates.</summary>
public sealed record CodeSite(string Function, string? File, int? Line);

/// <summary>One candidate for what holds the memory, from either kind of diff.</summary>
/// <param name="Subject">What grows, in the field's own words, such as <c>map[string]*main.Session</c>.</param>
/// <param name="Pattern">The pattern it matches, in kebab case, such as <c>static-map</c>.</param>
/// <param name="GrowthBytes">Bytes it gained between the captures, or holds where there is one capture only.</param>
/// <param name="GrowthCount">The same in objects.</param>
/// <param name="Share">Its share of the growth (or of the heap), 0 to 1.</param>
/// <param name="Site">Where the memory is allocated, where the runtime tells.</param>
/// <param name="Stack">The call stack of that site, innermost first.</param>
/// <param name="RootPath">What holds it, from the GC root inwards.</param>
/// <param name="Fingerprint">The same for the same fault in every process and build: no addresses, no line numbers.</param>
/// <param name="Advice">What to look for and what to do; says why where site, stack or root path are missing.</param>
public sealed record Suspect(
    string Subject,
    string Pattern,
    long GrowthBytes,
    long GrowthCount,
    double Share,
    CodeSite? Site,
    IReadOnlyList<CodeSite>? Stack,
    IReadOnlyList<string>? RootPath,
    string Fingerprint,
    string Advice
)
{
    /// <summary>The part of the growth that chance (sampling, churn) does not account for, in bytes: what the rank is made by.</summary>
    public double CertainBytes { get; init; } = GrowthBytes;

    /// <summary>True where there is one capture only: the figures are what it holds, and not what it gained.</summary>
    public bool IsAtOneTime { get; init; }

    /// <summary>Figures behind the rank, each a sentence.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>True where the subject is a collection that is filled by key and never evicts: a cache rather than a plain leak.</summary>
    public bool IsCache { get; init; }

    /// <summary>The most entries that the subject takes before it evicts; null where it has no such bound, or none that is known.</summary>
    public long? Bound { get; init; }
}
