namespace Tidemark.Core.Heap;

/// <summary>
/// Memory that big arrays gave back, kept for the next ones: the kernel clears every page that it hands out anew, and in a virtual
/// machine has to ask for many of them first, which is ten times as much work as clearing memory that is there.
/// </summary>
public static class KeptMemory
{
    private static readonly Lock Access = new();
    private static readonly List<(nint Address, long Bytes)> Blocks = [];
    private static long bytes;

    /// <summary>So many bytes are kept at most; none at first: that is for a process that ends with its analysis.</summary>
    public static long MostBytes { get; set; }

    /// <summary>Keeps a block.</summary>
    /// <returns>False where there is no room for it.</returns>
    internal static bool TryKeep(nint address, long size)
    {
        lock (Access)
        {
            if (bytes + size > MostBytes)
            {
                return false;
            }

            Blocks.Add((address, size));
            bytes += size;
            return true;
        }
    }

    /// <summary>The smallest block that is large enough, or else the largest one.</summary>
    /// <returns>False where there is none.</returns>
    internal static bool TryTake(long size, out (nint Address, long Bytes) taken)
    {
        lock (Access)
        {
            var best = -1;
            for (var i = 0; i < Blocks.Count; i++)
            {
                var (own, other) = (Blocks[i].Bytes, best < 0 ? 0 : Blocks[best].Bytes);
                if (best < 0 || (other < size ? own > other : own >= size && own < other))
                {
                    best = i;
                }
            }

            taken = best < 0 ? default : Blocks[best];
            if (best < 0)
            {
                return false;
            }

            Blocks.RemoveAt(best);
            bytes -= taken.Bytes;
            return true;
        }
    }
}
