using Tidemark.Core.Allocation;

namespace Tidemark.Reports.Html;

/// <summary>A call tree cut to what a page bears.</summary>
internal static class FlameSection
{
    /// <summary>A call with a smaller share of the whole, or of the growth, is thinner than a pixel.</summary>
    private const double SmallestShare = 0.0005;

    /// <summary>Functions in the table.</summary>
    private const int MostRows = 100;

    public static ProfileSection Of(string title, AllocationProfile profile)
    {
        var column = profile.DefaultIndex;
        var type = profile.SampleTypes[column];
        var tree = CallTree.Of(profile, column);
        var (flat, cum) = tree.Names.Sum(profile.Values(column));
        var counts = profile.CountColumn(column) is var c and >= 0
            ? tree.Names.Sum(profile.Values(c)).Flat
            : new long[flat.Length];
        var rows = Enumerable
            .Range(0, tree.Names.Count)
            .Where(n => cum[n] != 0)
            .Select(n => new TableRow(tree.Names.Name(n).Text, null, flat[n], null, counts[n], cum[n]))
            .OrderByDescending(r => r.Now)
            .ThenByDescending(r => r.Total)
            .ToList();
        return Section(title, type, tree, rows, isDiff: false);
    }

    public static ProfileSection Of(string title, ProfileDiff diff)
    {
        var column = diff.Growth.DefaultIndex;
        var type = diff.SampleTypes[column];
        var tree = CallTree.Of(diff, column);
        var (before, _) = tree.Names.Sum(diff.Base(column));
        var (now, cum) = tree.Names.Sum(diff.Now(column));
        var count = diff.Growth.CountColumn(column);
        var countBefore = count >= 0 ? tree.Names.Sum(diff.Base(count)).Flat : new long[now.Length];
        var countNow = count >= 0 ? tree.Names.Sum(diff.Now(count)).Flat : new long[now.Length];
        var rows = Enumerable
            .Range(0, tree.Names.Count)
            .Where(n => cum[n] != 0 || before[n] != 0)
            .Select(n => new TableRow(tree.Names.Name(n).Text, before[n], now[n], countBefore[n], countNow[n], cum[n]))
            .OrderByDescending(r => Math.Abs((double)r.Now - r.Before!.Value))
            .ThenByDescending(r => r.Total)
            .ToList();
        return Section(title, type, tree, rows, isDiff: true);
    }

    private static ProfileSection Section(
        string title,
        SampleType type,
        CallTree tree,
        List<TableRow> rows,
        bool isDiff
    )
    {
        var functions = new List<string>();
        var files = new List<string>();
        var numbers = new Dictionary<int, int>();
        var root = Cut(
            tree,
            function =>
            {
                if (!numbers.TryGetValue(function, out var number))
                {
                    numbers.Add(function, number = functions.Count);
                    functions.Add(tree.Names.Name(function).Text);
                    files.Add(tree.Names.Name(function).File);
                }

                return number;
            }
        );
        return new ProfileSection(
            title,
            type.Unit,
            new FlameData(title, type.Unit, functions, files, root, isDiff),
            [.. rows.Take(MostRows)],
            Math.Max(0, rows.Count - MostRows)
        );
    }

    /// <summary>The tree without what is too small to be seen; callees stand behind their callers, so one pass backwards builds it.</summary>
    private static FlameNode Cut(CallTree tree, Func<int, int> numberOf)
    {
        var smallestValue = tree.Value(0) * SmallestShare;
        long grown = 0;
        for (var node = 1; node < tree.Count; node++)
        {
            grown += tree.Caller(node) == 0 ? Math.Max(0, tree.Growth(node)) : 0;
        }

        var smallestGrowth = grown * SmallestShare;
        var callees = new List<FlameNode>?[tree.Count];
        for (var node = tree.Count - 1; node > 0; node--)
        {
            if (tree.Value(node) > smallestValue || Math.Abs((double)tree.Growth(node)) > Math.Max(smallestGrowth, 0.5))
            {
                (callees[tree.Caller(node)] ??= []).Add(
                    new FlameNode(
                        numberOf(tree.Function(node)),
                        tree.Value(node),
                        tree.Growth(node),
                        callees[node] ?? []
                    )
                );
            }

            callees[node] = null;
        }

        return new FlameNode(-1, tree.Value(0), tree.Growth(0), callees[0] ?? []);
    }
}
