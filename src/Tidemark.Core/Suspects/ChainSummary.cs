namespace Tidemark.Core.Suspects;

/// <summary>Shortens a way for people: long stretches through the insides of libraries (a container of services, a web server) say nothing.</summary>
internal static class ChainSummary
{
    // So many steps of a library are still worth reading: a timer, a collection, a handler list.
    private const int LongestStretch = 6;
    private const int KeptBefore = 1;
    private const int KeptAfter = 2;

    /// <summary>The steps' texts without any stretch that would leave out the one that names the holder, with <c>...</c> in the place of what is left out.</summary>
    public static IReadOnlyList<string> Of(HoldingChain chain, TypeRoles roles, string? holder = null)
    {
        var told = new List<string>();
        for (var i = 0; i < chain.Steps.Count; )
        {
            var end = i;
            while (end < chain.Steps.Count && IsInside(chain.Steps[end], roles) && chain.Steps[end].Text != holder)
            {
                end++;
            }

            if (end - i > LongestStretch)
            {
                told.AddRange(chain.Steps.Skip(i).Take(KeptBefore).Select(s => s.Text));
                told.Add("...");
                i = end - KeptAfter;
            }

            for (end = Math.Max(end, i + 1); i < end; i++)
            {
                told.Add(chain.Steps[i].Text);
            }
        }

        return told;
    }

    /// <summary>True for a step of a library. What holds a whole library (a static field, a thread) is no step of it.</summary>
    private static bool IsInside(HoldingStep step, TypeRoles roles) =>
        step is { IsStatic: false, Type: { } type } && (roles.IsLibrary(type) || roles.Role(type) is not null);
}
