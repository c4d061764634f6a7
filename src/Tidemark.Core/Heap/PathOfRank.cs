using System.Runtime.CompilerServices;

namespace Tidemark.Core.Heap;

/// <summary>The way on which each object is held, by rank: in two bytes an object as long as the ways' numbers allow it.</summary>
internal sealed class PathOfRank(int count) : IDisposable
{
    private NativeArray<ushort>? narrow = new(count + 1L);
    private NativeArray<int>? wide;

    public int this[int rank]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => narrow is not null ? narrow[rank] : wide![rank];
        set
        {
            if (narrow is not null && value > ushort.MaxValue)
            {
                Widen(narrow);
            }

            if (narrow is not null)
            {
                narrow[rank] = (ushort)value;
            }
            else
            {
                wide![rank] = value;
            }
        }
    }

    public void Dispose()
    {
        narrow?.Dispose();
        wide?.Dispose();
    }

    private void Widen(NativeArray<ushort> paths)
    {
        wide = new NativeArray<int>(paths.Length);
        for (long i = 0; i < paths.Length; i++)
        {
            wide[i] = paths[i];
        }

        narrow = null;
        paths.Dispose();
    }
}
