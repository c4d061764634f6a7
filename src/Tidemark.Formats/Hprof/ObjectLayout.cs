namespace Tidemark.Formats.Hprof;

/// <summary>
/// Sizes of objects as the JVM lays them out. The dump tells fields, not sizes: these follow from the fields, class by class, as
/// Eclipse MAT computes them (each class's own fields are aligned to the size of a reference, objects to 8 bytes). Whether
/// references and class pointers are compressed is told by the distances between objects; and where instances lie closer than
/// computed (HotSpot fills gaps since JDK 15), the distance is the size.
/// </summary>
internal sealed class ObjectLayout
{
    private const int Alignment = 8;

    private readonly ObjectGaps gaps;
    private readonly int referenceSize;
    private readonly int headerSize;

    public ObjectLayout(ClassTable classes, int idSize, ObjectGaps gaps)
    {
        this.gaps = gaps;
        referenceSize = idSize == 8 && gaps.HasCompressedReferences ? 4 : idSize;
        headerSize = idSize == 4 ? 8 : HeaderSize(classes);
        for (var i = 0; i < classes.Count; i++)
        {
            classes[i].InstanceSize = InstanceSize(classes[i]);
            classes[i].ClassSize = ClassSize(classes[i], idSize);
        }
    }

    /// <summary>Bytes of an array.</summary>
    /// <param name="elements">Its length.</param>
    /// <param name="elementSize">Bytes of an element; 0 for references.</param>
    public long ArraySize(uint elements, int elementSize)
    {
        var start = AlignUp(headerSize + sizeof(int), elementSize == 0 ? sizeof(int) : referenceSize);
        return AlignUp(start + elements * (long)(elementSize == 0 ? referenceSize : elementSize), Alignment);
    }

    /// <summary>Bytes of an object of which nothing is known.</summary>
    public long LeastSize => AlignUp(headerSize, Alignment);

    private static long AlignUp(long size, int alignment) => (size + alignment - 1) / alignment * alignment;

    /// <summary>The mark and the class pointer: 16 bytes, 12 with compressed class pointers, 8 with compact headers.</summary>
    private int HeaderSize(ClassTable classes)
    {
        var header = referenceSize == 4 ? 12 : 16;
        for (var i = 0; i < classes.Count && header > 8; i++)
        {
            var (least, gap) = (AlignUp(8 + PackedSize(classes[i]), Alignment), gaps[i]);
            if (gap >= least && gap < AlignUp(12 + PackedSize(classes[i]), Alignment))
            {
                header = 8;
            }
            else if (gap >= least && gap < AlignUp(16 + PackedSize(classes[i]), Alignment))
            {
                header = 12;
            }
        }

        return header;
    }

    private long InstanceSize(JavaClass one)
    {
        long size = headerSize;
        foreach (var declaring in one.Lineage().Reverse())
        {
            if (declaring.Fields.Length > 0)
            {
                size = AlignUp(size + OwnSize(declaring), referenceSize);
            }
        }

        size = AlignUp(size, Alignment);
        var gap = gaps[one.Index];
        var isPossible = gap >= AlignUp(headerSize + PackedSize(one), Alignment) && gap % Alignment == 0;
        return isPossible ? Math.Min(size, gap) : size;
    }

    private long ClassSize(JavaClass one, int idSize)
    {
        long size = 0;
        foreach (var field in one.Statics)
        {
            size += field.Type is BasicType.Object or 1 ? referenceSize : BasicType.Size(field.Type, idSize);
        }

        return AlignUp(size, Alignment);
    }

    private long PackedSize(JavaClass one) => one.Lineage().Sum(OwnSize);

    private long OwnSize(JavaClass one)
    {
        long size = 0;
        foreach (var field in one.Fields)
        {
            size += field.Type is BasicType.Object or 1 ? referenceSize : BasicType.Size(field.Type, referenceSize);
        }

        return size;
    }
}
