using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>A field that each instance of a class has.</summary>
internal readonly record struct InstanceField(ulong Name, byte Type);

/// <summary>A field of the class itself.</summary>
/// <param name="Name">Its name's identity.</param>
/// <param name="Type">Its type.</param>
/// <param name="Value">The object's identity, where it is a reference.</param>
internal readonly record struct StaticField(ulong Name, byte Type, ulong Value);

/// <summary>A class as it is dumped, and what follows from it for its instances.</summary>
internal sealed class JavaClass
{
    private const int MaxDepth = 256;

    /// <summary>Where in the file it stands, behind the record's tag.</summary>
    public required long Place { get; init; }

    public required ulong Id { get; init; }

    public required ulong Super { get; init; }

    public required ulong Loader { get; init; }

    public required ulong Signers { get; init; }

    public required ulong ProtectionDomain { get; init; }

    public required InstanceField[] Fields { get; init; }

    public required StaticField[] Statics { get; init; }

    /// <summary>Objects of the constant pool; HotSpot writes none.</summary>
    public required ulong[] Constants { get; init; }

    /// <summary>Its number among the classes.</summary>
    public int Index { get; set; }

    /// <summary>As in the source: <c>com.acme.Order</c>, <c>byte[]</c>.</summary>
    public string Name { get; set; } = "";

    public JavaClass? SuperClass { get; set; }

    /// <summary>Where in an instance's data the references stand, its own fields first, then those of its super class, and so on.</summary>
    public int[] ReferenceOffsets { get; set; } = [];

    /// <summary>Bytes of an instance's data in the dump; -1 where they are not known.</summary>
    public int DataBytes { get; set; }

    /// <summary>Bytes of an instance in the JVM's heap.</summary>
    public long InstanceSize { get; set; }

    /// <summary>Bytes of the class's own statics.</summary>
    public long ClassSize { get; set; }

    /// <summary>Which of <see cref="ReferenceOffsets"/> is a reference object's referent; -1 where the class is no reference.</summary>
    public int Referent { get; set; } = -1;

    /// <summary>How firmly the referent is held.</summary>
    public ReferenceStrength ReferentStrength { get; set; }

    /// <summary>True for java.lang.Thread and what extends it.</summary>
    public bool IsThread { get; set; }

    /// <summary>The class and what it extends, itself first; cut where a damaged dump has a class extend itself in the end.</summary>
    public IEnumerable<JavaClass> Lineage()
    {
        var at = this;
        for (var depth = 0; at is not null && depth < MaxDepth; depth++)
        {
            yield return at;
            at = at.SuperClass;
        }
    }
}
