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
                var comparison = new SnapshotSeries(snapshots);
                series.Add(
                    new CaptureSeries(
                        group.Key,
                        captures,
                        comparison,
                        comparison.LiveBytes,
                        comparison.FindSuspects(knowledge)
                    )
                );
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
}
