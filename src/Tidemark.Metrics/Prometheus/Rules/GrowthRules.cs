namespace Tidemark.Metrics.Prometheus.Rules;

/// <summary>Recording and alerting rules for a Prometheus of one's own.</summary>
public static class GrowthRules
{
    /// <summary>A rules file, as <c>promtool check rules</c> takes it.</summary>
    public static string Text
    {
        get
        {
            using var stream = typeof(GrowthRules).Assembly.GetManifestResourceStream("tidemark.rules.yaml")!;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }
}
