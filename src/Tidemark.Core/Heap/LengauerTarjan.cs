using System.Numerics;
using System.Runtime.CompilerServices;

namespace Tidemark.Core.Heap;

/// <summary>
/// Immediate dominators after Lengauer and Tarjan ("A fast algorithm for finding dominators in a flowgraph", TOPLAS 1979), the
/// variant with path compression only, without recursion. Semi-NCA would be simpler, but is quadratic on long lists whose
/// elements are shared, and heaps have such lists.
/// <para>
/// What is kept for every object is its ancestor in the compressed forest and its label. The rest is kept for joins only: objects
/// with more than one way in, the tenth part of a usual heap. Any other object's semidominator and dominator is its parent; and
/// on a compressed path it can only lose against the join above it or against the end of the path, so that labels name joins.
/// </para>
/// </summary>
internal sealed unsafe class LengauerTarjan : IDisposable
{
    private const int Deferred = int.MinValue;

    /// <summary>Of so many parents each is in memory while all are copied, and written; a multiple of a page.</summary>
    private const long Window = 1 << 18;

    private readonly int count;
    private readonly NativeArray<int> parent;
    private readonly NativeArray<int> ancestor;

    /// <summary>By rank: once the object is in the forest, the join with the least semidominator on its compressed path, 0 for none; before that, the first join in its bucket.</summary>
    private readonly NativeArray<int> label;
    private readonly NativeArray<ulong> isJoin;
    private readonly NativeList<int> path = new(1 << 12);

    private NativeArray<int> joinRank = new(1);
    private NativeArray<int> semi = new(1);
    private NativeArray<int> link = new(1);

    /// <summary>The immediate dominator of each join.</summary>
    private NativeArray<int> dominator = new(1);
    private NativeArray<long> sourceStart = new(1);
    private NativeArray<int> sources = new(1);

    /// <param name="walk">The walk.</param>
    /// <param name="parent">Its parents; they are the result in the end.</param>
    public LengauerTarjan(DepthFirstSearch walk, NativeArray<int> parent)
    {
        count = walk.Count;
        this.parent = parent;
        ancestor = new NativeArray<int>(count + 1L);
        for (long done = 0; done <= count; done += Window)
        {
            var some = (int)Math.Min(Window, count + 1L - done);
            parent.Slice(done, some).CopyTo(ancestor.Slice(done, some));
            parent.Rest(done, some);
        }

        label = new NativeArray<int>(count + 1L);
        isJoin = new NativeArray<ulong>(count / 64 + 1);
        foreach (var root in walk.RootsMetOnTheWay)
        {
            isJoin.Pointer[root >> 6] |= 1UL << (root & 63);
        }

        SortSources(walk.Log);
        foreach (var root in walk.RootsMetOnTheWay)
        {
            semi[JoinOf(root)] = 0;
        }
    }

    /// <summary>Puts the immediate dominator of each rank, always a lower one, in the place of its parent.</summary>
    public void Run(CancellationToken cancellation)
    {
        var join = (int)joinRank.Length - 1;
        for (var w = count; w > 0; w--)
        {
            var above = ancestor.Pointer[w];
            if (IsJoin(w))
            {
                SetSemidominator(join, w, above);
                label.Pointer[w] = join--;
            }

            if (label.Pointer[above] != 0)
            {
                EmptyBucket(above, w);
            }

            if ((w & 0xFFFFF) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }
        }

        ancestor.Dispose();
        label.Dispose();
        long done = 0;
        for (var j = 1; j < joinRank.Length; j++)
        {
            if (link.Pointer[j] < 0)
            {
                dominator.Pointer[j] = dominator.Pointer[link.Pointer[j] & ~Deferred];
            }

            var rank = joinRank.Pointer[j];
            parent.Pointer[rank] = dominator.Pointer[j];
            if (rank - done >= Window)
            {
                parent.Rest(done, rank - done);
                done = rank;
            }
        }
    }

    public void Dispose()
    {
        ancestor.Dispose();
        label.Dispose();
        isJoin.Dispose();
        path.Dispose();
        joinRank.Dispose();
        semi.Dispose();
        link.Dispose();
        dominator.Dispose();
        sourceStart.Dispose();
        sources.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsJoin(int w) => (isJoin.Pointer[w >> 6] >> (w & 63) & 1) != 0;

    private long JoinOf(int w) => joinRank.Slice(1, (int)joinRank.Length - 1).BinarySearch(w) + 1L;

    private void SetSemidominator(int join, int w, int above)
    {
        var least = semi.Pointer[join];
        for (var i = sourceStart.Pointer[join]; i < sourceStart.Pointer[join + 1] && least > 0; i++)
        {
            var best = Evaluate(sources.Pointer[i], w, out var end);
            least = Math.Min(least, Math.Min(end, semi.Pointer[best]));
        }

        semi.Pointer[join] = least;
        if (least == 0 || least == above)
        {
            dominator.Pointer[join] = least;
        }
        else
        {
            link.Pointer[join] = label.Pointer[least];
            label.Pointer[least] = join;
        }
    }

    /// <summary>Everything in the bucket of an object has its dominator now, or knows whose dominator it shares.</summary>
    private void EmptyBucket(int above, int w)
    {
        var join = label.Pointer[above];
        label.Pointer[above] = 0;
        while (join != 0)
        {
            var following = link.Pointer[join];
            var v = joinRank.Pointer[join];
            var best = Evaluate(v, w - 1, out _);
            if (semi.Pointer[best] < above)
            {
                link.Pointer[join] = best | Deferred;
            }
            else
            {
                link.Pointer[join] = 0;
                dominator.Pointer[join] = above;
            }

            join = following;
        }
    }

    /// <summary>The join with the least semidominator on the way up from <paramref name="v"/>, as far as ranks are above <paramref name="limit"/>; the way is shortened.</summary>
    /// <param name="v">A rank above the limit.</param>
    /// <param name="limit">The highest rank that is not in the forest.</param>
    /// <param name="end">The first rank on the way that is not in the forest.</param>
    private int Evaluate(int v, int limit, out int end)
    {
        var ancestors = ancestor.Pointer;
        var labels = label.Pointer;
        var up = ancestors[v];
        if (up <= limit)
        {
            end = up;
            return labels[v];
        }

        var top = v;
        while ((up = ancestors[top]) > limit)
        {
            path.Add(top);
            top = up;
        }

        end = up;
        var best = labels[top];
        var least = semi.Pointer[best];
        while (path.Count > 0)
        {
            var x = path.Pop();
            var own = labels[x];
            if (semi.Pointer[own] > least)
            {
                labels[x] = best;
            }
            else
            {
                best = own;
                least = semi.Pointer[own];
            }

            ancestors[x] = up;
        }

        return best;
    }

    /// <summary>Finds the joins and sorts the ways into each: by counting, in the place of the labels that are not needed yet.</summary>
    private void SortSources(NativeList<int> log)
    {
        var source = 0;
        long crossing = 0;
        for (long i = 0; i < log.Count; i++)
        {
            var entry = log[i];
            if (entry < 0)
            {
                source = -entry;
                continue;
            }

            isJoin.Pointer[entry >> 6] |= 1UL << (entry & 63);
            if (entry < source)
            {
                label.Pointer[entry]++;
                crossing++;
            }
        }

        var joins = 0;
        for (long i = 0; i < isJoin.Length; i++)
        {
            joins += BitOperations.PopCount(isJoin[i]);
        }

        Renew(ref joinRank, joins + 1L);
        Renew(ref semi, joins + 1L);
        Renew(ref link, joins + 1L);
        Renew(ref dominator, joins + 1L);
        Renew(ref sourceStart, joins + 2L);
        Renew(ref sources, crossing);
        NumberJoins();
        source = 0;
        for (long i = 0; i < log.Count; i++)
        {
            var entry = log[i];
            if (entry < 0)
            {
                source = -entry;
            }
            else if (entry < source)
            {
                sources[sourceStart[label.Pointer[entry]]++] = source;
            }
            else
            {
                ref var least = ref semi[label.Pointer[entry]];
                least = Math.Min(least, source);
            }
        }

        // Filling moved each start to the next one's place.
        for (var j = joins + 1; j > 0; j--)
        {
            sourceStart[j] = sourceStart[j - 1];
        }

        sourceStart[0] = 0;
        for (var j = 1; j <= joins; j++)
        {
            label.Pointer[joinRank[j]] = 0;
        }

        log.Dispose();
    }

    private static void Renew<T>(ref NativeArray<T> array, long length)
        where T : unmanaged
    {
        array.Dispose();
        array = new NativeArray<T>(length);
    }

    private void NumberJoins()
    {
        semi[0] = int.MaxValue;
        var join = 0;
        long start = 0;
        for (long i = 0; i < isJoin.Length; i++)
        {
            for (var bits = isJoin[i]; bits != 0; bits &= bits - 1)
            {
                var w = (int)(i << 6) + BitOperations.TrailingZeroCount(bits);
                joinRank[++join] = w;
                semi[join] = ancestor[w];
                sourceStart[join] = start;
                start += label.Pointer[w];
                label.Pointer[w] = join;
            }
        }

        sourceStart[join + 1L] = start;
    }
}
