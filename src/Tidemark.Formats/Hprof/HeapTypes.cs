namespace Tidemark.Formats.Hprof;

/// <summary>
/// The graph's types: the classes by their numbers, then arrays of primitives without a class of their own, and what the dump does
/// not explain. Shapes of instances have their class's number too, so that sizes can be told when all distances are known.
/// </summary>
internal sealed class HeapTypes
{
    private readonly ClassTable classes;
    private readonly List<string> names = [];
    private readonly int[] primitiveArrays = new int[BasicType.Long + 1];
    private readonly int unknownArray;

    public HeapTypes(ClassTable classes)
    {
        this.classes = classes;
        for (var i = 0; i < classes.Count; i++)
        {
            names.Add(classes[i].Name);
        }

        UnknownClass = AddName("(unknown class)");
        unknownArray = AddName("(unknown class)[]");
        var byName = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < classes.Count; i++)
        {
            byName.TryAdd(classes[i].Name, i);
        }

        for (byte type = BasicType.Boolean; type <= BasicType.Long; type++)
        {
            var name = BasicType.Name(type) + "[]";
            primitiveArrays[type] = byName.TryGetValue(name, out var known) ? known : AddName(name);
        }

        ClassObject = byName.TryGetValue("java.lang.Class", out var classOfClasses)
            ? classOfClasses
            : AddName("java.lang.Class");
        Arrays = new ArrayShapes(UnknownClass + 1);
    }

    /// <summary>The type, and the shape, of instances whose class is not in the dump.</summary>
    public int UnknownClass { get; }

    /// <summary>The type of the objects that stand for classes.</summary>
    public int ClassObject { get; }

    public ArrayShapes Arrays { get; }

    public string[] Names => [.. names];

    public int PrimitiveArrayType(byte element) => primitiveArrays[element];

    /// <summary>Bytes of an element of an array type; 0 for references.</summary>
    public int ElementSize(int arrayType, int idSize)
    {
        var element = Array.IndexOf(primitiveArrays, arrayType, BasicType.Boolean);
        return element < 0 ? 0 : BasicType.Size((byte)element, idSize);
    }

    /// <summary>True for arrays of references.</summary>
    public bool IsReferenceArray(int type) =>
        names[type].EndsWith("[]", StringComparison.Ordinal)
        && !primitiveArrays.AsSpan(BasicType.Boolean).Contains(type);

    public int ArrayType(ulong classId) => classes.Find(classId)?.Index ?? unknownArray;

    private int AddName(string name)
    {
        names.Add(name);
        return names.Count - 1;
    }
}
