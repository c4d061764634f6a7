namespace Tidemark.Formats.Hprof;

/// <summary>
/// Where HotSpot puts fields since JDK 15 (<c>fieldLayoutBuilder.cpp</c>): longs and doubles first, then smaller ones by size, then references,
/// each into the smallest hole that takes it, also one that a super class has left, else behind all others.
/// </summary>
/// <param name="headerSize">Where the first field may lie.</param>
/// <param name="referenceSize">Bytes of a reference in an object.</param>
internal sealed class FieldSlots(int headerSize, int referenceSize)
{
    private readonly List<(long Start, long Bytes)> holes = [];

    /// <summary>Where the last field of an instance ends.</summary>
    public long EndOf(JavaClass one)
    {
        holes.Clear();
        long end = headerSize;
        foreach (var declaring in one.Lineage().Reverse())
        {
            foreach (var size in Sizes(declaring))
            {
                end = Put(size, end);
            }
        }

        return end;
    }

    private IEnumerable<int> Sizes(JavaClass declaring)
    {
        var values = declaring.Fields.Where(f => !IsReference(f)).Select(f => BasicType.Size(f.Type, referenceSize));
        return values.OrderDescending().Concat(declaring.Fields.Where(IsReference).Select(_ => referenceSize));
    }

    private static bool IsReference(InstanceField field) => field.Type is BasicType.Object or 1;

    /// <returns>Where all that is put ends now.</returns>
    private long Put(int size, long end)
    {
        var best = -1;
        for (var h = 0; h < holes.Count; h++)
        {
            var (start, bytes) = holes[h];
            if (Up(start, size) + size <= start + bytes && (best < 0 || bytes < holes[best].Bytes))
            {
                best = h;
            }
        }

        if (best < 0)
        {
            AddHole(end, Up(end, size));
            return Up(end, size) + size;
        }

        var hole = holes[best];
        holes.RemoveAt(best);
        var at = Up(hole.Start, size);
        AddHole(hole.Start, at);
        AddHole(at + size, hole.Start + hole.Bytes);
        return end;
    }

    private void AddHole(long from, long to)
    {
        if (to > from)
        {
            holes.Add((from, to - from));
        }
    }

    private static long Up(long offset, int size) => (offset + size - 1) / size * size;
}
