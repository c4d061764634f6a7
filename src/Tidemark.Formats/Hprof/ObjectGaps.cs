namespace Tidemark.Formats.Hprof;

/// <summary>
/// What the distances between objects tell of their sizes: an object ends before the next one begins, in whatever order the dump
/// has them, so that no instance of a class is larger than the smallest distance behind any of them.
/// </summary>
internal sealed class ObjectGaps
{
    private readonly long[] smallest;

    public ObjectGaps(int classes)
    {
        smallest = new long[classes];
        Array.Fill(smallest, long.MaxValue);
    }

    /// <summary>True where an array of references lies too close to the next object for references of 8 bytes.</summary>
    public bool HasCompressedReferences { get; set; }

    /// <summary>Bits that are set in the address of any object.</summary>
    public ulong AddressBits { get; set; }

    /// <summary>Instances with another number of bytes than their class tells.</summary>
    public long Misfits { get; set; }

    /// <summary>The smallest distance behind an instance of a class.</summary>
    public long this[int classIndex] => smallest[classIndex];

    public void Note(int classIndex, long distance) => smallest[classIndex] = Math.Min(smallest[classIndex], distance);

    public void Add(ObjectGaps others)
    {
        HasCompressedReferences |= others.HasCompressedReferences;
        AddressBits |= others.AddressBits;
        Misfits += others.Misfits;
        for (var i = 0; i < smallest.Length; i++)
        {
            smallest[i] = Math.Min(smallest[i], others.smallest[i]);
        }
    }
}
