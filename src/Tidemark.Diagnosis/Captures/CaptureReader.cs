using Tidemark.Core.Allocation;
using Tidemark.Core.Heap;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Cases;
using Tidemark.Formats;

namespace Tidemark.Diagnosis.Captures;

/// <summary>Reads the captures of a case and lays those of one method side by side.</summary>
internal static class CaptureReader
{
    /// <param name="file">The case.</param>
    /// <param name="folder">Where its captures are.</param>
    /// <param name="knowledge">What is known of the target's runtime.</param>
    /// <param name="notes">Receives what could not be read, and the readers' warnings.</param>
    public static IReadOnlyList<CaptureSeries> Read(
        CaseFile file,
        string folder,
        RuntimeKnowledge knowledge,
        List<string> notes
    )
    {
        // What was captured before a restart is of another process: its objects are all gone.
        var since = file.Restarts.Count > 0 ? file.Restarts.Max() : DateTimeOffset.MinValue;
        var series = new List<CaptureSeries>();
        foreach (var group in file.Captures.Where(c => c.TakenAt > since).GroupBy(c => c.Method))
        {
            var captures = new List<CaseCapture>();
            var snapshots = new List<Snapshot>();
            foreach (var capture in group.OrderBy(c => c.TakenAt))
            {
                if (TryRead(Path.Combine(folder, capture.File), notes) is { } snapshot)
                {
                    captures.Add(capture);
                    snapshots.Add(snapshot);
                }
            }

            if (captures.Count > 0)
            {
                series.Add(Compare(group.Key, captures, snapshots, knowledge, notes));
            }
        }

        return series;
    }

    private static Snapshot? TryRead(string path, List<string> notes)
    {
        try
        {
            var file = DumpFile.Open(path);
            if (DumpFormats.Detect(file) is not { } format)
            {
                notes.Add($"{path}: not a capture of a known format");
                return null;
            }

            var snapshot = format.Read(file, ReadContext.Quiet);
            notes.AddRange(snapshot.Warnings.Select(w => $"{path}: {w}"));
            return snapshot;
        }
        catch (Exception e) when (e is MalformedDumpException or IOException or UnauthorizedAccessException)
        {
            // One damaged capture must not cost the answer that the others give.
            notes.Add(e.Message);
            return null;
        }
    }

    private static CaptureSeries Compare(
        string method,
        List<CaseCapture> captures,
        List<Snapshot> snapshots,
        RuntimeKnowledge knowledge,
        List<string> notes
    )
    {
        switch (snapshots[0])
        {
            case HeapSnapshot:
                var graphs = snapshots.OfType<HeapSnapshot>().Select(s => s.Graph).ToList();
                var suspects =
                    graphs.Count == 1
                        ? HeapSuspects.Find(graphs[0], knowledge)
                        : HeapSuspects.Find(HeapDiff.Between(graphs), knowledge);
                return new CaptureSeries(method, captures, [.. graphs.Select(g => g.Dominators.TotalBytes)], suspects);
            case ProfileSnapshot:
                var profiles = snapshots.OfType<ProfileSnapshot>().Select(s => s.Profile).ToList();
                var sites =
                    profiles.Count == 1
                        ? AllocationSuspects.Find(profiles[0], knowledge)
                        : AllocationSuspects.Find(ProfileDiff.Between(profiles), knowledge);
                return new CaptureSeries(method, captures, [.. profiles.Select(LiveBytes)], sites);
            default:
                throw new InvalidOperationException("a third kind of snapshot");
        }
    }

    private static long LiveBytes(AllocationProfile profile)
    {
        var bytes = profile.BytesColumn(profile.DefaultIndex);
        long sum = 0;
        if (bytes >= 0)
        {
            foreach (var value in profile.Values(bytes))
            {
                sum += value;
            }
        }

        return sum;
    }
}
