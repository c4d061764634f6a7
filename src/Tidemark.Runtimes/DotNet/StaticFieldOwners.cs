using Tidemark.Formats.Clr;

namespace Tidemark.Runtimes.DotNet;

/// <summary>A static field as metadata has it.</summary>
internal sealed record StaticField(string Owner, string Name, ClrTypeName Type);

/// <summary>Finds out whose the static fields of a heap dump are.</summary>
/// <remarks>
/// The dump gives a static field's name and value, but not the type that declares it. It lists them in the order of the
/// metadata, with those left out that have no value. So the list is laid along all static fields that there are: each
/// entry can stand no earlier than the first arrangement that works has it, and no later than the last one. In a service
/// with 681 of them, 676 were told for certain; for the others the few candidates are named.
/// </remarks>
internal static class StaticFieldOwners
{
    private const int MostCandidates = 3;

    /// <summary>The names of static fields by the identity of their root.</summary>
    public static IReadOnlyDictionary<ulong, string> Match(ClrHeapSurvey survey, IReadOnlyList<StaticField> fields)
    {
        var layouts = new ClrFieldLayouts(survey.Types.Metadata);
        var entries = survey.Statics;
        var types = entries.Select(e => survey.Types.NameOf(e.Type)).ToArray();
        var first = new int[entries.Count];
        var last = new int[entries.Count];
        var next = 0;
        for (var e = 0; e < entries.Count; e++)
        {
            var at = next;
            while (at < fields.Count && !Fits(e, at))
            {
                at++;
            }

            first[e] = at < fields.Count ? at : -1;
            next = at < fields.Count ? at + 1 : next;
        }

        next = fields.Count - 1;
        for (var e = entries.Count - 1; e >= 0; e--)
        {
            var at = next;
            while (at >= 0 && !Fits(e, at))
            {
                at--;
            }

            last[e] = at;
            next = at >= 0 ? at - 1 : next;
        }

        var names = new Dictionary<ulong, string>();
        for (var e = 0; e < entries.Count; e++)
        {
            if (first[e] >= 0 && last[e] >= first[e])
            {
                var owners = Enumerable
                    .Range(first[e], last[e] - first[e] + 1)
                    .Where(f => Fits(e, f))
                    .Select(f => $"{fields[f].Owner}.{ClrFieldLayouts.SourceName(fields[f].Name)}")
                    .Distinct(StringComparer.Ordinal)
                    .Take(MostCandidates + 1)
                    .ToList();
                if (owners.Count <= MostCandidates)
                {
                    names[entries[e].Root] = string.Join(" or ", owners);
                }
            }
        }

        return names;

        bool Fits(int entry, int field) =>
            fields[field].Name == entries[entry].Field && layouts.Fit(fields[field].Type, types[entry]) > 0;
    }
}
