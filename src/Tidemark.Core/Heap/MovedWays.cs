namespace Tidemark.Core.Heap;

/// <summary>
/// Tells which ways of an earlier snapshot are ways of a later one under another root: what an asynchronous worker holds is held by
/// a timer now, by a socket or a thread's stack a moment later, and has not become another for that.
/// </summary>
internal static class MovedWays
{
    /// <summary>For each way of the earlier snapshot the one that it is compared by; null where nothing has moved.</summary>
    /// <remarks>
    /// A place that is gone from one way and appeared on another, in the same number, is the same place where no other that is gone or
    /// new is called alike. All that it held goes with it.
    /// </remarks>
    public static int[]? Between(HoldingCensus earlier, HoldingCensus later)
    {
        var paths = later.Paths;
        var count = paths.Count;
        var gone = new Dictionary<int, int>();
        var come = new Dictionary<int, int>();
        for (var path = 1; path < count; path++)
        {
            var (then, now) = (earlier.Count(path), later.Count(path));
            if (then > 0 != now > 0 && MayMove(path))
            {
                // The one way to that type, or -1 where there are several.
                var ways = then > 0 ? gone : come;
                ways[TypeOf(path)] = ways.ContainsKey(TypeOf(path)) ? -1 : path;
            }
        }

        int[]? moved = null;
        for (var path = 1; path < count; path++)
        {
            var follows = moved is not null && moved[paths.Parent(path)] != paths.Parent(path);
            if (follows)
            {
                moved![path] = paths.Follow(moved[paths.Parent(path)], paths.Label(path));
            }

            // Where its holder has gone it need not be: part of what moves may be held by yet another one.
            if ((!follows || later.Count(moved![path]) == 0) && PlaceOf(path) is { } place)
            {
                moved ??= [.. Enumerable.Range(0, count)];
                moved[path] = place;
            }
        }

        return moved;

        int? PlaceOf(int path) =>
            MayMove(path)
            && gone.GetValueOrDefault(TypeOf(path)) == path
            && come.TryGetValue(TypeOf(path), out var place)
            && place > 0
            && earlier.Count(path) == later.Count(place)
                ? place
                : null;

        int TypeOf(int path) => paths.LabelNumber(holder: null, paths.Type(path));

        // What one static field holds is never what another one held; a thread, a handle or a queue may have taken it over.
        bool MayMove(int path) => paths.Holder(path)?.StartsWith("static ", StringComparison.Ordinal) != true;
    }
}
