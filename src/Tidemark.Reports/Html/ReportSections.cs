using Tidemark.Core.Allocation;
using Tidemark.Diagnosis.Captures;

namespace Tidemark.Reports.Html;

/// <summary>The sections of a page about captures: one file by itself, several of one kind as what grew between the first and the last.</summary>
public static class ReportSections
{
    /// <summary>The page with a section about one series of captures.</summary>
    /// <exception cref="IncomparableProfilesException">The profiles have no column in common.</exception>
    public static ReportModel Add(this ReportModel model, string title, SnapshotSeries series)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(series);
        return series.HeapDiff is { } heapDiff
                ? model with
                {
                    Heaps = [.. model.Heaps, HeapMapSection.Of(title, heapDiff)],
                }
            : series.ProfileDiff is { } diff
                ? model with
                {
                    Profiles = [.. model.Profiles, FlameSection.Of(title, diff)],
                }
            : series.Graphs.Count > 0
                ? model with
                {
                    Heaps = [.. model.Heaps, HeapMapSection.Of(title, series.Graphs[0])],
                }
            : model with { Profiles = [.. model.Profiles, FlameSection.Of(title, series.Profiles[0])] };
    }
}
