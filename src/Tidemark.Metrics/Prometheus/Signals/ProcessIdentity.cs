namespace Tidemark.Metrics.Prometheus.Signals;

/// <summary>Which process a series is of: a container of a pod, a container by its name, or a scraped instance of a job.</summary>
/// <param name="Cluster">Empty where there is only one.</param>
/// <param name="Namespace">Of the pod.</param>
/// <param name="Pod">Empty for a process that runs in none.</param>
/// <param name="Container">In the pod; empty where the series does not say.</param>
/// <param name="Job">Empty for a container of a pod: there it says who scraped, not who runs.</param>
/// <param name="Instance">As the job.</param>
/// <param name="Name">The container's name where there are no pods (Docker).</param>
public readonly record struct ProcessIdentity(
    string Cluster,
    string Namespace,
    string Pod,
    string Container,
    string Job,
    string Instance,
    string Name
)
{
    /// <summary>The parts of a name, as the table's <c>labels:</c> section calls them.</summary>
    internal static readonly string[] Parts = ["cluster", "namespace", "pod", "container", "job", "instance", "name"];

    /// <summary>The target of a series that does not say whose it is.</summary>
    public const string Unnamed = "unnamed";

    public bool IsInPod => Pod.Length > 0;

    /// <summary>The same without the container: what a series says that only knows its pod.</summary>
    public ProcessIdentity PodOnly => this with { Container = "" };

    /// <summary>Reads it off the labels of a series.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="table">Which label says what.</param>
    /// <param name="isNamed">Whether the label <c>name</c> is the process's.</param>
    public static ProcessIdentity Of(IReadOnlyDictionary<string, string> labels, SignalTable table, bool isNamed)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(labels);
        var pod = Part("pod");
        return pod.Length > 0
            ? new ProcessIdentity(Part("cluster"), Part("namespace"), pod, Part("container"), "", "", "")
            : new ProcessIdentity(
                Part("cluster"),
                "",
                "",
                "",
                Part("job"),
                Part("instance"),
                isNamed ? Part("name") : ""
            );

        string Part(string part)
        {
            foreach (var label in table.LabelsOf(part))
            {
                if (labels.TryGetValue(label, out var value) && value.Length > 0)
                {
                    return value;
                }
            }

            return "";
        }
    }

    /// <summary>What people call it, such as <c>shop/cart-0/app</c> or <c>cart:8080</c>.</summary>
    public string Target =>
        IsInPod ? string.Join('/', ((string[])[Namespace, Pod, Container]).Where(p => p.Length > 0))
        : Name.Length > 0 ? (Instance.Length > 0 ? $"{Name} on {Instance}" : Name)
        : string.Join(' ', ((string[])[Job, Instance]).Where(p => p.Length > 0)) is { Length: > 0 } name ? name
        : Unnamed;

    /// <summary>As labels, without the parts that are empty.</summary>
    public Api.LabelSet ToLabels()
    {
        var values = (string[])[Cluster, Namespace, Pod, Container, Job, Instance, Name];
        return new Api.LabelSet([.. Parts.Zip(values, KeyValuePair.Create).Where(p => p.Value.Length > 0)]);
    }
}
