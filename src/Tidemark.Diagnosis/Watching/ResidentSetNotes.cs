using Tidemark.Core;
using Tidemark.Metrics.Procfs;

namespace Tidemark.Diagnosis.Watching;

/// <summary>What of a resident set is not the process's alone, or is free already: for who adds up processes, or holds them against a limit.</summary>
internal static class ResidentSetNotes
{
    private const long WorthTelling = 16 << 20;

    /// <returns>Sentences; none where there is little to tell, or it may not be seen.</returns>
    public static IEnumerable<string> Of(SmapsRollup? read)
    {
        if (read is not { Resident: > 0 } set)
        {
            yield break;
        }

        // Libraries are common to many; what was allocated before a fork is common to the workers.
        var shared = set.ProportionalAnonymous > 0 ? set.Anonymous - set.ProportionalAnonymous : 0;
        if (Matters(shared))
        {
            yield return $"{Quantity.Bytes(shared)} of the {Quantity.Bytes(set.Resident)} resident are the share of other processes in memory that was allocated before a fork: by itself this one stands for {Quantity.Bytes(set.Proportional)} (PSS)";
        }

        if (Matters(set.LazyFree))
        {
            yield return $"{Quantity.Bytes(set.LazyFree)} of the {Quantity.Bytes(set.Resident)} resident were given back by the allocator and wait for the kernel to need them (MADV_FREE)";
        }

        bool Matters(long bytes) => bytes >= WorthTelling && bytes >= set.Resident / 5;
    }
}
