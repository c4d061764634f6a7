using Tidemark.Core.Suspects;

namespace Tidemark.Reports.Json;

/// <summary>One of the <c>suspects</c> of the contract.</summary>
public sealed record SuspectDocument(
    int Rank,
    string Subject,
    string Pattern,
    long GrowthBytes,
    long GrowthCount,
    double Share,
    SiteDocument? Site,
    IReadOnlyList<SiteDocument>? Stack,
    IReadOnlyList<string>? RootPath,
    string Fingerprint,
    string Advice,
    IReadOnlyList<string> Evidence
)
{
    /// <summary>All suspects, ranked from 1 in the order given.</summary>
    public static IReadOnlyList<SuspectDocument> Of(IEnumerable<Suspect> suspects) =>
        [
            .. suspects.Select(
                (s, i) =>
                    new SuspectDocument(
                        i + 1,
                        s.Subject,
                        s.Pattern,
                        s.GrowthBytes,
                        s.GrowthCount,
                        Math.Round(s.Share, 4),
                        s.Site is { } site ? SiteDocument.Of(site) : null,
                        s.Stack?.Select(SiteDocument.Of).ToList(),
                        s.RootPath,
                        s.Fingerprint,
                        s.Advice,
                        s.Evidence
                    )
            ),
        ];
}

/// <summary>A function at a line.</summary>
public sealed record SiteDocument(string Function, string? File, int? Line)
{
    public static SiteDocument Of(CodeSite site)
    {
        ArgumentNullException.ThrowIfNull(site);
        return new SiteDocument(site.Function, site.File, site.Line);
    }
}
