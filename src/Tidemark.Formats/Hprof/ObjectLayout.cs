namespace Tidemark.Formats.Hprof;

/// <summary>
/// Sizes of objects as the JVM lays them out. The dump tells fields, not sizes: these follow from the fields, class by class, as
/// Eclipse MAT computes them (each class's own fields are aligned to the size of a reference), or as HotSpot does since JDK 15
/// (<see cref="FieldSlots"/>). Which of the two, and whether references and class pointers are compressed, is told by the distances
/// between objects: one that lies closer than computed was laid out more tightly.
/// </summary>
internal sealed class ObjectLayout
{
    private const int LeastAlignment = 8;

    // HotSpot's ObjectAlignmentInBytes; of a few objects all may lie at multiples of more by chance.
    private const int MostAlignment = 256;
    private const long EnoughObjects = 1000;

    private readonly ObjectGaps gaps;
    private readonly int referenceSize;
    private readonly int headerSize;
    private readonly int alignment;

    /// <param name="classes">The classes, which get their sizes.</param>
    /// <param name="idSize">Bytes of an identifier.</param>
    /// <param name="objects">How many objects there are.</param>
    /// <param name="gaps">How far they lie from each other.</param>
    public ObjectLayout(ClassTable classes, int idSize, long objects, ObjectGaps gaps)
    {
        this.gaps = gaps;
        alignment = LeastAlignment;
        while (objects >= EnoughObjects && alignment < MostAlignment && (gaps.AddressBits & (ulong)alignment) == 0)
        {
            alignment *= 2;
        }

        referenceSize = idSize == 8 && gaps.HasCompressedReferences ? 4 : idSize;
        headerSize = idSize == 4 ? 8 : HeaderSize(classes);
        var fillsGaps = false;
        for (var i = 0; i < classes.Count; i++)
        {
            classes[i].InstanceSize = SizeClassByClass(classes[i]);
            classes[i].ClassSize = ClassSize(classes[i], idSize);
            fillsGaps |= IsPossible(classes[i], gaps[i]) && gaps[i] < classes[i].InstanceSize;
        }

        var slots = new FieldSlots(headerSize, referenceSize);
        for (var i = 0; i < classes.Count; i++)
        {
            var one = classes[i];
            if (fillsGaps)
            {
                one.InstanceSize = Math.Min(one.InstanceSize, AlignUp(slots.EndOf(one), alignment));
            }

            if (IsPossible(one, gaps[i]))
            {
                one.InstanceSize = Math.Min(one.InstanceSize, gaps[i]);
            }
        }
    }

    /// <summary>Bytes of an array.</summary>
    /// <param name="elements">Its length.</param>
    /// <param name="elementSize">Bytes of an element; 0 for references.</param>
    public long ArraySize(uint elements, int elementSize)
    {
        var start = AlignUp(headerSize + sizeof(int), elementSize == 0 ? sizeof(int) : referenceSize);
        return AlignUp(start + elements * (long)(elementSize == 0 ? referenceSize : elementSize), alignment);
    }

    /// <summary>Bytes of an object of which nothing is known.</summary>
    public long LeastSize => AlignUp(headerSize, alignment);

    private static long AlignUp(long size, int alignment) => (size + alignment - 1) / alignment * alignment;

    /// <summary>The mark and the class pointer: 16 bytes, 12 with compressed class pointers, 8 with compact headers.</summary>
    private int HeaderSize(ClassTable classes)
    {
        var header = referenceSize == 4 ? 12 : 16;
        for (var i = 0; i < classes.Count && header > 8; i++)
        {
            var (least, gap) = (AlignUp(8 + PackedSize(classes[i]), alignment), gaps[i]);
            if (gap >= least && gap < AlignUp(12 + PackedSize(classes[i]), alignment))
            {
                header = 8;
            }
            else if (gap >= least && gap < AlignUp(16 + PackedSize(classes[i]), alignment))
            {
                header = 12;
            }
        }

        return header;
    }

    /// <summary>True where an instance may be of so many bytes.</summary>
    private bool IsPossible(JavaClass one, long bytes) =>
        bytes >= AlignUp(headerSize + PackedSize(one), alignment) && bytes % alignment == 0;

    /// <summary>As the JVM laid objects out before JDK 15, which is never too little.</summary>
    private long SizeClassByClass(JavaClass one)
    {
        long size = headerSize;
        foreach (var declaring in one.Lineage().Reverse())
        {
            if (declaring.Fields.Length > 0)
            {
                size = AlignUp(size + OwnSize(declaring), referenceSize);
            }
        }

        return AlignUp(size, alignment);
    }

    private long ClassSize(JavaClass one, int idSize)
    {
        long size = 0;
        foreach (var field in one.Statics)
        {
            size += field.Type is BasicType.Object or 1 ? referenceSize : BasicType.Size(field.Type, idSize);
        }

        return AlignUp(size, LeastAlignment);
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
