using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Cases;

namespace Tidemark.Diagnosis.Captures;

/// <summary>What the captures of one method show, oldest against newest.</summary>
/// <param name="Method">The capture method.</param>
/// <param name="Captures">The captures, oldest first.</param>
/// <param name="Snapshots">What was read from them.</param>
/// <param name="LiveBytes">What each of them says is live, in bytes.</param>
/// <param name="Suspects">What grew, likeliest first.</param>
public sealed record CaptureSeries(
    string Method,
    IReadOnlyList<CaseCapture> Captures,
    SnapshotSeries Snapshots,
    IReadOnlyList<long> LiveBytes,
    IReadOnlyList<Suspect> Suspects
)
{
    /// <summary>True where the captures count types and tell neither who allocates nor who holds.</summary>
    public bool IsCensus => Snapshots.Profiles is [.., { Header.IsCensus: true }];

    /// <summary>Growth from the first capture to the last, in bytes.</summary>
    public long Growth => LiveBytes[^1] - LiveBytes[0];

    /// <summary>The same per hour; 0 for a single capture.</summary>
    public double GrowthPerHour => Rate(0, Captures.Count - 1);

    /// <summary>
    /// How fast it grew towards the end, as a share of how fast it grew before: near 1 for growth that goes on, near 0 for
    /// growth that has stopped. Null with fewer than three captures, or where nothing grew before.
    /// </summary>
    public double? Sustained =>
        Captures.Count < 3 ? null
        : Rate(0, Captures.Count - 2) is > 0 and var before ? Rate(Captures.Count - 2, Captures.Count - 1) / before
        : null;

    private double Rate(int from, int to)
    {
        var hours = (Captures[to].TakenAt - Captures[from].TakenAt).TotalHours;
        return hours > 0 ? (LiveBytes[to] - LiveBytes[from]) / hours : 0;
    }
}
