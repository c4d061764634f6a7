using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>Finds the process that a series of another exporter is of.</summary>
internal sealed class ProcessJoin
{
    private readonly Dictionary<ProcessIdentity, ProcessDraft> exact;
    private readonly Dictionary<ProcessIdentity, ProcessDraft?> byPod = [];

    public ProcessJoin(IReadOnlyCollection<ProcessDraft> drafts)
    {
        exact = drafts.ToDictionary(d => d.Identity);
        foreach (var draft in drafts.Where(d => d.Identity.IsInPod))
        {
            // Two containers: which of them a series without a container's name is of cannot be told.
            var pod = draft.Identity.PodOnly;
            byPod[pod] = byPod.ContainsKey(pod) ? null : draft;
        }
    }

    /// <summary>Null where it is of none of them, or it cannot be told of which.</summary>
    public ProcessDraft? Find(ProcessIdentity identity) =>
        exact.TryGetValue(identity, out var draft) ? draft
        : identity.IsInPod && identity.Container.Length == 0 ? byPod.GetValueOrDefault(identity)
        : exact.GetValueOrDefault(identity with { Container = "" });
}
