using Tidemark.Core.Series;
using Tidemark.Metrics;

namespace Tidemark.Diagnosis.Cases;

/// <summary>The samples of a case, read back from its folder.</summary>
public static class CaseHistory
{
    /// <summary>What was seen, cut at the restarts that the case tells of.</summary>
    /// <exception cref="MalformedHistoryException">The file was damaged.</exception>
    public static ProcessHistory Read(CaseFolder folder) => Continue(folder).ToHistory();

    /// <summary>A history that goes on from what was seen.</summary>
    public static ProcessHistoryBuilder Continue(CaseFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var builder = new ProcessHistoryBuilder(folder.File.Target.Name);
        Replay(HistoryFormats.Read(folder.PathOf(CaseFolder.HistoryName)).Histories[0], folder.File, builder);
        return builder;
    }

    private static void Replay(ProcessHistory read, CaseFile file, ProcessHistoryBuilder builder)
    {
        var restarts = new Queue<double>(
            file.Restarts.Order().Select(r => (r - DateTimeOffset.UnixEpoch).TotalSeconds)
        );
        var sample = new SignalSample();
        for (var i = 0; i < read.Count; i++)
        {
            while (restarts.TryPeek(out var restart) && restart <= read.Times[i])
            {
                restarts.Dequeue();
                builder.Restarted();
            }

            foreach (var signal in Signals.All)
            {
                sample[signal.Signal] = read.Has(signal.Signal) ? read.Values(signal.Signal)[i] : double.NaN;
            }

            builder.Add(read.Times[i], sample);
        }
    }
}
