using System.Text.Json;

namespace Tidemark.Runtimes.Go;

/// <summary>What <c>/debug/vars</c> (package expvar) tells: the memory statistics, and the numbers that the service publishes under names of its own.</summary>
internal sealed class GoVariables
{
    private const int MostNumbers = 4096;

    private GoVariables(GoMemStats? statistics, IReadOnlyDictionary<string, double> numbers)
    {
        Statistics = statistics;
        Numbers = numbers;
    }

    /// <summary>The memory statistics; null where they are not among the variables.</summary>
    public GoMemStats? Statistics { get; }

    /// <summary>Published numbers by name; those of a map as <c>map.key</c>, and their sum as <c>map</c>.</summary>
    public IReadOnlyDictionary<string, double> Numbers { get; }

    /// <summary>The page; null where it is something else.</summary>
    public static GoVariables? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            GoMemStats? statistics = null;
            var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var variable in document.RootElement.EnumerateObject())
            {
                if (variable.Name == "memstats" && variable.Value.ValueKind == JsonValueKind.Object)
                {
                    statistics = GoMemStats.Parse(variable.Value);
                }
                else if (numbers.Count < MostNumbers)
                {
                    Add(numbers, variable);
                }
            }

            return new GoVariables(statistics, numbers);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Add(Dictionary<string, double> numbers, JsonProperty variable)
    {
        if (variable.Value.ValueKind == JsonValueKind.Number)
        {
            numbers[variable.Name] = variable.Value.GetDouble();
        }
        else if (variable.Value.ValueKind == JsonValueKind.Object)
        {
            var sum = 0.0;
            foreach (var entry in variable.Value.EnumerateObject())
            {
                if (entry.Value.ValueKind == JsonValueKind.Number && numbers.Count < MostNumbers)
                {
                    sum += numbers[$"{variable.Name}.{entry.Name}"] = entry.Value.GetDouble();
                }
            }

            numbers[variable.Name] = sum;
        }
    }
}
