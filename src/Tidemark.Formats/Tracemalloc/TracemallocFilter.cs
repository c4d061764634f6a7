using System.Text;
using System.Text.RegularExpressions;

namespace Tidemark.Formats.Tracemalloc;

/// <summary>A filter on traces, with the meaning of Python's <c>tracemalloc.Filter</c> (and of <c>DomainFilter</c>, where there is no pattern).</summary>
/// <param name="Inclusive">True keeps what matches, false drops it.</param>
/// <param name="Pattern">A file name with <c>*</c>, <c>?</c>, <c>[abc]</c> and <c>[!abc]</c>; null for a filter by domain alone.</param>
/// <param name="Line">The line; null for any.</param>
/// <param name="AllFrames">True looks at every frame instead of the newest.</param>
/// <param name="Domain">The address space; null for any.</param>
public sealed record TracemallocFilter(
    bool Inclusive,
    string? Pattern,
    int? Line = null,
    bool AllFrames = false,
    uint? Domain = null
);

/// <summary>Applies filters to tracebacks; each frame is matched once.</summary>
internal sealed class TracemallocMatcher
{
    private readonly TracemallocSymbols symbols;
    private readonly IReadOnlyList<TracemallocFilter> filters;
    private readonly bool[]?[] frameMatches;

    public TracemallocMatcher(TracemallocSymbols symbols, IReadOnlyList<TracemallocFilter> filters)
    {
        this.symbols = symbols;
        this.filters = filters;
        frameMatches = [.. filters.Select(MatchFrames)];
    }

    /// <summary>True where some inclusive filter (if there is one) and all exclusive ones let the trace pass.</summary>
    public bool Passes(int traceback, uint domain)
    {
        var (anyInclusive, included) = (false, false);
        for (var f = 0; f < filters.Count; f++)
        {
            var lets = Lets(f, traceback, domain);
            if (filters[f].Inclusive)
            {
                anyInclusive = true;
                included |= lets;
            }
            else if (!lets)
            {
                return false;
            }
        }

        return included || !anyInclusive;
    }

    private bool Lets(int number, int traceback, uint domain)
    {
        var filter = filters[number];
        if (frameMatches[number] is not { } matches)
        {
            return (domain == filter.Domain) == filter.Inclusive;
        }

        var frames = symbols.Traceback(traceback);
        var hit = false;
        foreach (var frame in filter.AllFrames ? frames : frames[..1])
        {
            hit |= matches[frame];
        }

        var lets = hit == filter.Inclusive;
        return filter.Domain is not { } wanted ? lets
            : filter.Inclusive ? lets && domain == wanted
            : lets || domain != wanted;
    }

    private bool[]? MatchFrames(TracemallocFilter filter)
    {
        if (filter.Pattern is null)
        {
            return null;
        }

        var glob = Glob(Source(filter.Pattern));
        var files = new bool[symbols.FileCount];
        for (var i = 0; i < files.Length; i++)
        {
            files[i] = glob.IsMatch(Source(symbols.File(i)));
        }

        var matches = new bool[symbols.FrameCount];
        for (var i = 0; i < matches.Length; i++)
        {
            matches[i] = files[symbols.FileOf(i)] && (filter.Line is null || filter.Line == symbols.LineOf(i));
        }

        return matches;
    }

    private static string Source(string name) => name.EndsWith(".pyc", StringComparison.Ordinal) ? name[..^1] : name;

    /// <summary>Python's fnmatch on POSIX: case counts, and a star matches slashes.</summary>
    private static Regex Glob(string pattern)
    {
        var text = new StringBuilder(@"\A");
        for (var i = 0; i < pattern.Length; i++)
        {
            var close = pattern[i] == '[' ? CloseOf(pattern, i) : -1;
            if (close >= 0)
            {
                var set = pattern[(i + 1)..close]
                    .Replace(@"\", @"\\", StringComparison.Ordinal)
                    .Replace("[", @"\[", StringComparison.Ordinal)
                    .Replace("]", @"\]", StringComparison.Ordinal);
                text.Append('[')
                    .Append(set.StartsWith('!') ? "^" + set[1..] : set.Replace("^", @"\^", StringComparison.Ordinal))
                    .Append(']');
                i = close;
            }
            else
            {
                text.Append(
                    pattern[i] switch
                    {
                        '*' => ".*",
                        '?' => ".",
                        var c => Regex.Escape(c.ToString()),
                    }
                );
            }
        }

        return new Regex(
            text.Append(@"\z").ToString(),
            RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
        );
    }

    private static int CloseOf(string pattern, int open)
    {
        var from = open + 1;
        from += from < pattern.Length && pattern[from] == '!' ? 1 : 0;
        return from + 1 <= pattern.Length ? pattern.IndexOf(']', Math.Min(from + 1, pattern.Length)) : -1;
    }
}
