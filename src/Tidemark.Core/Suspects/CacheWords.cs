using System.Text.RegularExpressions;

namespace Tidemark.Core.Suspects;

/// <summary>
/// Tells from the names that people give whether a keyed collection is a cache (what it holds can be made again, such as a
/// result or what a rate limiter knows of a caller) or a register (what it holds was entered and never signed off). Both grow
/// alike; what is to be done differs.
/// </summary>
internal static partial class CacheWords
{
    /// <summary>True where a name says that the collection keeps results.</summary>
    public static bool SayCache(IEnumerable<string> names) => names.Any(n => Cache().IsMatch(n)) && !SayRegister(names);

    /// <summary>The same for names that stand nearer and nearer to the collection: the nearest that says anything decides.</summary>
    /// <param name="names">Names, the nearest one last.</param>
    public static bool NearestSaysCache(IEnumerable<string> names) =>
        names.LastOrDefault(n => Cache().IsMatch(n) || Register().IsMatch(n)) is { } name && Cache().IsMatch(name);

    /// <summary>True where a name says that the collection keeps what was registered or is under way.</summary>
    public static bool SayRegister(IEnumerable<string> names) =>
        names.Any(n => Register().IsMatch(n) && !Cache().IsMatch(n));

    [GeneratedRegex(
        "cache|memo([iy]|s?\\b|_)|(?-i:Memo[A-Z_])|\\blru|(?-i:Lru|LRU)|intern(ed|er|_|pool)|computed|rendered|compiled|limiter|throttl",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Cache();

    [GeneratedRegex(
        "session|subscri|listener|handler|callback|observer|connection|socket|client|pending|inflight|in_flight|waiting|queue|job|task|worker|timer|order|event|history|audit|registr|registry|tracked|active|open",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Register();
}
