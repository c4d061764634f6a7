using System.Text.Json;
using Tidemark.Core.Suspects;

namespace Tidemark.Runtimes.Python;

/// <summary>The pools that CPython keeps objects of up to 512 bytes in, as far as the objects' addresses tell.</summary>
/// <remarks>What <c>sys._debugmallocstats()</c> knows too, but prints to the program's own standard error.</remarks>
internal static class PythonPools
{
    private const double SparseShare = 0.2;

    /// <param name="pools">The agent's answer.</param>
    public static IReadOnlyList<HeapDivision> Divide(JsonElement pools)
    {
        if (pools.ValueKind != JsonValueKind.Object || pools.GetProperty("pools").GetInt64() is var count && count == 0)
        {
            return [];
        }

        var (bytes, used) = (pools.GetProperty("bytes").GetInt64(), pools.GetProperty("used").GetInt64());
        var sparse = pools.GetProperty("sparse").GetInt64();
        return
        [
            new HeapDivision(
                FormattableString.Invariant(
                    $"Python's small objects lie in {count} pools of {bytes / count >> 10} KiB and fill {100.0 * used / bytes:0} % of them; {sparse} pools are less than a quarter full, each kept by the few objects in it"
                ),
                bytes - used,
                "bytes",
                sparse > count * SparseShare
                    ? new Remedy(
                        "build what lives long before the peak, or do the work with the peak in a process of its own (workers that are replaced, max_requests): a pool, and the arena around it, goes back only when its last object is gone",
                        "work on the program, or a start of the process for each"
                    )
                    : null
            ),
        ];
    }
}
