using Tidemark.Core;
using Tidemark.Core.Growth;

namespace Tidemark.Reports.Check;

/// <summary>What to do about a verdict, in a few words.</summary>
public static class NextStep
{
    public static string Of(GrowthVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.Kind switch
        {
            GrowthKind.Leak => "find what holds it: tidemark diagnose --pid N where it runs",
            GrowthKind.UnboundedCache => "bound the cache by size or age: tidemark diagnose --pid N names it",
            GrowthKind.Fragmentation =>
                "no objects leak: change the allocator or how the heap gives memory back; restart before the limit",
            GrowthKind.NativeLeak =>
                "outside of the heap: native libraries, buffers, threads, mappings; tidemark diagnose --pid N",
            GrowthKind.Inconclusive when verdict.NeedsMore is { } more =>
                $"look again in {Quantity.Duration(more)}, or further back with --for",
            GrowthKind.Inconclusive => "look further back with --for, or export its live heap and requests",
            GrowthKind.Load => "grows with the work: plan its capacity",
            _ => "",
        };
    }

    /// <summary>The time to the limit in a cell of a table; empty where it is not foreseen.</summary>
    public static string TimeLeft(GrowthVerdict verdict, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.OutOfMemory is not { } oom ? ""
            : oom.At <= now ? "now"
            : Quantity.Duration(oom.At - now);
    }

    /// <summary>The growth of a day in a cell of a table; empty where there is none.</summary>
    public static string PerDay(GrowthVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.BytesPerHour is { } rate && rate.Value != 0 ? Quantity.SignedBytes(rate.Value * 24) : "";
    }
}
