using System.Buffers.Binary;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Hprof;

/// <summary>Names of references and objects, read from the file when they are asked for.</summary>
internal sealed class HprofLabels(HeapContents contents, HeapTypes types, HeapObjects objects) : HeapLabels
{
    private const int TextLength = 80;

    private readonly OutsideHeap outside = new(contents, objects);

    /// <inheritdoc />
    public override string? Reference(int from, int ordinal)
    {
        if (contents.ClassOfNode(from) is { } one)
        {
            return ClassReference(one, ordinal);
        }

        var record = objects.Record(from);
        return record.Tag == HeapTag.ObjectArrayDump
            ? ArrayReference(record, ordinal)
            : FieldReference(from, record, ordinal);
    }

    /// <inheritdoc />
    public override bool IsIndexedType(int type) => types.IsReferenceArray(type);

    /// <inheritdoc />
    public override string? Describe(int node)
    {
        if (contents.ClassOfNode(node) is { } one)
        {
            return one.Name;
        }

        var record = objects.Record(node);
        return record.Class switch
        {
            { Name: "java.lang.String" } => objects.Text(node, TextLength) is { } text ? $"\"{text}\"" : null,
            { IsThread: true } => ThreadName(node),
            _ => null,
        };
    }

    /// <inheritdoc />
    public override IReadOnlyList<string> ThreadStack(int node) =>
        node < contents.ObjectCount && objects.Record(node) is { Class.IsThread: true } thread
            ? contents.Threads.StackOf(thread.Id)
            : [];

    /// <inheritdoc />
    public override bool StandsForOutsideMemory(int type) =>
        type < contents.Classes.Count && OutsideHeap.IsHolder(contents.Classes[type].Name);

    /// <inheritdoc />
    public override long OutsideBytes(int node) => outside.Bytes(node);

    /// <inheritdoc />
    public override string? Text(int node)
    {
        if (
            node >= contents.ObjectCount
            || objects.Record(node)
                is not {
                    Tag: HeapTag.PrimitiveArrayDump,
                    Count: > 0,
                    ElementType: BasicType.Byte or BasicType.Char
                } array
        )
        {
            return null;
        }

        var text =
            array.ElementType == BasicType.Byte
                ? System.Text.Encoding.Latin1.GetString(objects.Data(array, TextLength))
                : System.Text.Encoding.BigEndianUnicode.GetString(objects.Data(array, 2 * TextLength));
        return text.All(c => c is >= ' ' and not '\x7f' and (< '\x80' or > '\x9f')) ? $"\"{text}\"" : null;
    }

    /// <inheritdoc />
    public override bool VisitContents(ContentVisitor visit, CancellationToken cancellation)
    {
        ArrayContents.Visit(contents, visit, cancellation);
        return true;
    }

    /// <summary>A thread's name, null where it has none.</summary>
    public string? ThreadName(int node)
    {
        var name = objects.Follow(node, "name");
        if (name < 0)
        {
            return null;
        }

        if (objects.Text(name, TextLength) is { } text)
        {
            return text;
        }

        // Before Java 8 a thread's name was an array of characters.
        var record = name < contents.ObjectCount ? objects.Record(name) : default;
        return record.ElementType == BasicType.Char
            ? System.Text.Encoding.BigEndianUnicode.GetString(objects.Data(record, 2 * TextLength))
            : null;
    }

    /// <summary>True for a java.lang.Object[].</summary>
    public bool IsArrayOfObjects(int node) =>
        node < contents.ObjectCount && objects.Record(node).Class is { Name: "java.lang.Object[]" };

    /// <summary>What a class refers to, in the order of its row in the graph; what the dump does not hold is left out there too.</summary>
    public static IEnumerable<(ulong Id, ulong FieldName, string? Label)> ClassReferences(JavaClass one)
    {
        yield return (one.Super, 0, "<super>");
        yield return (one.Loader, 0, "<classloader>");
        yield return (one.Signers, 0, "<signers>");
        yield return (one.ProtectionDomain, 0, "<protection domain>");
        foreach (var field in one.Statics)
        {
            if (field.Type is BasicType.Object or 1)
            {
                yield return (field.Value, field.Name, null);
            }
        }

        foreach (var constant in one.Constants)
        {
            yield return (constant, 0, "<constant pool>");
        }
    }

    private string? ClassReference(JavaClass one, int ordinal)
    {
        foreach (var (id, field, label) in ClassReferences(one))
        {
            if (id != 0 && contents.Find(id) >= 0 && ordinal-- == 0)
            {
                return label ?? contents.Classes.SymbolName(field);
            }
        }

        return null;
    }

    private string? ArrayReference(ObjectRecord record, int ordinal)
    {
        const int some = 1 << 13;
        for (long skip = 0; skip < record.Count; skip += some)
        {
            var data = objects.Data(record, some * (long)contents.IdSize, skip * contents.IdSize);
            for (var i = 0; i < data.Length / contents.IdSize; i++)
            {
                if (IsHeld(IdAt(data, i * contents.IdSize)) && ordinal-- == 0)
                {
                    return $"[{skip + i}]";
                }
            }
        }

        return null;
    }

    private string? FieldReference(int node, ObjectRecord record, int ordinal)
    {
        if (record.Class is not { } own || record.Count != own.DataBytes)
        {
            return null;
        }

        var data = objects.Data(record, own.DataBytes);
        for (var i = 0; i < own.ReferenceOffsets.Length; i++)
        {
            if (i != own.Referent && IsHeld(IdAt(data, own.ReferenceOffsets[i])) && ordinal-- == 0)
            {
                return contents.Classes.ReferenceFieldName(own, i);
            }
        }

        if (own.IsThread && contents.Addresses.Find(record.Id) == node)
        {
            foreach (var local in contents.Threads.LocalsOf(record.Id))
            {
                if (contents.Find(local.Object) >= 0 && ordinal-- == 0)
                {
                    return contents.Threads.LocalName(record.Id, local);
                }
            }
        }

        return null;
    }

    private bool IsHeld(ulong id) => id != 0 && contents.Find(id) >= 0;

    private ulong IdAt(byte[] data, int offset) =>
        contents.IdSize == 8
            ? BinaryPrimitives.ReadUInt64BigEndian(data.AsSpan(offset))
            : BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(offset));
}
