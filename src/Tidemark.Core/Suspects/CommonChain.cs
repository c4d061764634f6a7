using Tidemark.Core.Heap;

namespace Tidemark.Core.Suspects;

/// <summary>Finds the way on which most of some objects are held.</summary>
internal static class CommonChain
{
    /// <summary>A field's name that holds less than this share of what is held alike may be a key: an object used as a dictionary has a field for each.</summary>
    private const double LeastOfField = 0.25;

    /// <summary>So many different names are keys.</summary>
    private const int LeastKeys = 8;

    /// <summary>The commonest way, and the share of the objects that it holds.</summary>
    public static (HoldingChain Chain, double Share) Of(List<HoldingChain> all)
    {
        var common = all.GroupBy(Types, StringComparer.Ordinal)
            .SelectMany(alike => WithoutKeys([.. alike]))
            .GroupBy(c => HolderNaming.GeneralName(string.Join('\n', c.Texts)), StringComparer.Ordinal)
            .OrderByDescending(g => g.Count())
            .ThenBy(g => g.First().Steps.Count)
            .First();
        return (common.First(), (double)common.Count() / all.Count);
    }

    private static string Types(HoldingChain chain) => string.Join('\n', chain.Steps.Select(s => s.Type ?? s.Text));

    /// <summary>Ways over the same types, with keys told as elements are: by the type that has them.</summary>
    private static IEnumerable<HoldingChain> WithoutKeys(List<HoldingChain> alike)
    {
        var steps = alike[0].Steps.Count;
        var isKeyed = new bool[steps];
        for (var i = 0; i < steps && alike.Count >= LeastKeys; i++)
        {
            var names = alike.Select(c => c.Steps[i]).CountBy(s => s.Text).ToList();
            isKeyed[i] =
                alike.TrueForAll(c => c.Steps[i] is { IsField: true, IsStatic: false, Type: not null })
                && names.Count >= LeastKeys
                && names.Max(n => n.Value) < LeastOfField * alike.Count;
        }

        return isKeyed.Contains(true) ? alike.Select(c => Without(c, isKeyed)) : alike;
    }

    private static HoldingChain Without(HoldingChain chain, bool[] isKeyed)
    {
        var steps = new List<HoldingStep>();
        for (var i = 0; i < chain.Steps.Count; i++)
        {
            var step = chain.Steps[i];
            HoldingStep.Add(
                steps,
                isKeyed[i] ? step with { Text = step.Type!, IsField = false, Field = null, IsKeyed = true } : step
            );
        }

        return new HoldingChain(steps);
    }
}
