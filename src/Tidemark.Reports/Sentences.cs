using System.Globalization;
using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Core.Suspects;
using Tidemark.Diagnosis.Cases;

namespace Tidemark.Reports;

/// <summary>The sentences that text, Markdown and HTML share.</summary>
public static class Sentences
{
    /// <summary>What a kind of growth means, in one sentence.</summary>
    public static string Meaning(GrowthKind kind) =>
        kind switch
        {
            GrowthKind.Steady => "No growth beyond noise and season.",
            GrowthKind.WarmUp => "It grew and is levelling off at a bound.",
            GrowthKind.Load => "It grows as the work grows.",
            GrowthKind.Leak => "Live memory grows without bound, and load does not explain it.",
            GrowthKind.UnboundedCache => "Live memory grows into a keyed collection that never evicts.",
            GrowthKind.Fragmentation => "The process keeps memory that it no longer uses.",
            GrowthKind.NativeLeak => "The footprint grows outside of the managed heap.",
            _ => "There is not enough to say.",
        };

    /// <summary>That children of the process grow, in one sentence with what to do; null where none does.</summary>
    /// <remarks>Who names a server's master is told of it, and its workers may leak: nobody may take the one for the other.</remarks>
    public static string? Children(Diagnosis.Diagnosis diagnosis)
    {
        ArgumentNullException.ThrowIfNull(diagnosis);
        return diagnosis.Children is { } children
            ? $"This verdict is of {OneProcess(diagnosis.Target)} alone, but {children}"
            : null;
    }

    private static string OneProcess(CaseTarget target) =>
        target.Pid is { } pid ? string.Create(CultureInfo.InvariantCulture, $"process {pid}") : target.Name;

    /// <summary>The rate with its interval, such as <c>20.0 MiB/h (19.1 to 21.0)</c>; null where there is none.</summary>
    public static string? Rate(GrowthVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.BytesPerHour is { } rate
            ? $"{Quantity.SignedBytes(rate.Value)}/h (between {Quantity.Bytes(rate.Low)} and {Quantity.Bytes(rate.High)})"
            : null;
    }

    /// <summary>When memory runs out, seen from <paramref name="now"/>; null where that is not foreseen.</summary>
    public static string? OutOfMemory(GrowthVerdict verdict, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        if (verdict.OutOfMemory is not { } oom)
        {
            return null;
        }

        var limit = Quantity.Bytes(oom.LimitBytes);
        var latest = oom.Latest is { } l ? $"and {Quantity.Duration(l - now)}" : "with no end in sight";
        return oom.At <= now
            ? $"the limit of {limit} is met"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"meets its limit of {limit} in {Quantity.Duration(oom.At - now)} (between {Quantity.Duration(Later(oom.Earliest, now) - now)} {latest})"
            );
    }

    /// <summary>What a suspect gained, such as <c>+12.0 MiB in 1,024 objects, 93 % of the growth</c>, or what it holds.</summary>
    public static string Growth(Suspect suspect)
    {
        ArgumentNullException.ThrowIfNull(suspect);
        var count = suspect.GrowthCount == 0 ? "" : $" in {Quantity.Count(suspect.GrowthCount)} objects";
        return suspect.IsAtOneTime
            ? $"{Quantity.Bytes(suspect.GrowthBytes)}{count}, {Quantity.Percent(suspect.Share)} of what is live"
            : $"{Quantity.SignedBytes(suspect.GrowthBytes)}{count}, {Quantity.Percent(suspect.Share)} of the growth";
    }

    /// <summary>A code site as editors open it, such as <c>main.(*Store).Put (store.go:42)</c>.</summary>
    public static string Site(CodeSite site)
    {
        ArgumentNullException.ThrowIfNull(site);
        return site.File is null ? site.Function
            : site.Line is { } line
                ? string.Create(CultureInfo.InvariantCulture, $"{site.Function} ({site.File}:{line})")
            : $"{site.Function} ({site.File})";
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
