using Tidemark.Core.Allocation;

namespace Tidemark.Core.Suspects;

/// <summary>Suspects from a census, which counts types and knows neither who allocates nor who holds: the types that grew.</summary>
/// <remarks>The user's own types come first: what grows beside them (strings, arrays, entries) is what they are made of.</remarks>
internal sealed class CensusSuspects(ProfileDiff diff, int bytes, RuntimeKnowledge knowledge)
{
    /// <summary>The name of the pattern.</summary>
    public const string Pattern = "growing-type";

    private readonly TypeRoles roles = new(knowledge);
    private readonly AllocationProfile census = diff.Growth;
    private readonly int count = diff.Growth.CountColumn(bytes);
    private readonly bool isOfMappings = diff.Growth.SampleTypes[bytes].Name == "rss";

    public IReadOnlyList<Suspect> Find(AllocationSuspectOptions options)
    {
        long whole = 0;
        foreach (var growth in census.Values(bytes))
        {
            whole += Math.Max(0, growth);
        }

        return
        [
            .. Enumerable
                .Range(0, census.StackCount)
                .Where(row => Growth(row) > 0 && Growth(row) >= whole * options.MinimumShare && Rose(row))
                .Where(row => !roles.IsNoise(Type(row)))
                .OrderByDescending(row => !isOfMappings && IsUsers(Type(row)))
                .ThenByDescending(Growth)
                .ThenBy(Type, StringComparer.Ordinal)
                .Take(options.Most)
                .Select(row => Describe(row, whole)),
        ];
    }

    private Suspect Describe(int row, long whole)
    {
        var type = Type(row);
        return new Suspect(
            type,
            Pattern,
            Growth(row),
            count < 0 ? 0 : census.Values(count)[row],
            (double)Growth(row) / whole,
            Site: null,
            Stack: null,
            RootPath: null,
            Fingerprint.Of(["census", type]),
            isOfMappings
                ? $"{type} tells where the memory lies and not who took it: an allocator's profile or heaptrack names the call sites (tidemark capture lists what the process offers)."
                : $"A census counts {type} and tells neither who allocates nor who holds it: take a heap dump for the holder."
        )
        {
            Evidence =
            [
                string.Join(" -> ", Captures.Select(c => Quantity.Bytes(diff.At(c, bytes)[row])))
                    + (
                        count < 0
                            ? ""
                            : $" in {string.Join(" -> ", Captures.Select(c => Quantity.Count(diff.At(c, count)[row])))} objects"
                    ),
            ],
        };
    }

    private IEnumerable<int> Captures => Enumerable.Range(0, diff.Captures.Count);

    private long Growth(int row) => census.Values(bytes)[row];

    /// <summary>True where each census saw more than the one before it.</summary>
    private bool Rose(int row) => Captures.Skip(1).All(c => diff.At(c, bytes)[row] > diff.At(c - 1, bytes)[row]);

    private string Type(int row) => census.Functions[census.Frames[census.Stack(row)[0]].Function].Name;

    private bool IsUsers(string type) => roles.IsUsers(type.TrimEnd('[', ']'));
}
