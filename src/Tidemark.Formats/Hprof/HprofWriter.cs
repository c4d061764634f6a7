using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Tidemark.Formats.Hprof;

/// <summary>Writes Java heap dumps record by record, for tests: also such as no JVM would write.</summary>
/// <param name="idSize">Bytes of an identifier, 4 or 8.</param>
/// <param name="version">1.0.1 writes one heap dump, later ones segments.</param>
[SuppressMessage("Design", "CA1001", Justification = "a MemoryStream holds nothing but memory")]
internal sealed class HprofWriter(int idSize = 8, string version = "1.0.2")
{
    private readonly MemoryStream file = new();
    private readonly MemoryStream heap = new();
    private readonly Dictionary<string, ulong> symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<ulong, (ulong Super, byte[] Fields)> classes = [];
    private uint serial;
    private bool hasHeader;

    public int IdSize => idSize;

    /// <summary>When the dump says it was taken, in milliseconds since 1970.</summary>
    public ulong TakenAt { get; init; } = 1_700_000_000_000;

    /// <summary>Writes a string record, once for each text.</summary>
    /// <returns>Its identity.</returns>
    public ulong Symbol(string text)
    {
        if (!symbols.TryGetValue(text, out var id))
        {
            symbols.Add(text, id = 0x1000 + (ulong)symbols.Count);
            Record(RecordTag.String, body => Id(body, id), body => body.Write(Encoding.UTF8.GetBytes(text)));
        }

        return id;
    }

    /// <summary>Tells a class's name (with dots) and dumps it.</summary>
    /// <returns>The class's serial number.</returns>
    public uint Class(
        ulong id,
        string name,
        ulong super = 0,
        ulong loader = 0,
        (string Name, byte Type)[]? fields = null,
        (string Name, byte Type, ulong Value)[]? statics = null,
        ulong[]? constants = null
    )
    {
        var own = ++serial;
        var symbol = Symbol(name.Replace('.', '/'));
        var fieldNames = (fields ?? []).Select(f => Symbol(f.Name)).ToList();
        var staticNames = (statics ?? []).Select(f => Symbol(f.Name)).ToList();
        Record(RecordTag.LoadClass, b => U4(b, own), b => Id(b, id), b => U4(b, 0), b => Id(b, symbol));
        classes[id] = (super, [.. (fields ?? []).Select(f => f.Type)]);
        heap.WriteByte((byte)HeapTag.ClassDump);
        Id(heap, id);
        U4(heap, 0);
        foreach (var reference in (ulong[])[super, loader, 0, 0, 0, 0])
        {
            Id(heap, reference);
        }

        U4(heap, (uint)InstanceFields(id).Sum(t => BasicType.Size(t, idSize)));
        U2(heap, (ushort)(constants?.Length ?? 0));
        for (var i = 0; i < (constants?.Length ?? 0); i++)
        {
            U2(heap, (ushort)i);
            Value(heap, BasicType.Object, constants![i], withType: true);
        }

        U2(heap, (ushort)staticNames.Count);
        for (var i = 0; i < staticNames.Count; i++)
        {
            Id(heap, staticNames[i]);
            Value(heap, statics![i].Type, statics[i].Value, withType: true);
        }

        U2(heap, (ushort)fieldNames.Count);
        for (var i = 0; i < fieldNames.Count; i++)
        {
            Id(heap, fieldNames[i]);
            heap.WriteByte(fields![i].Type);
        }

        return own;
    }

    /// <summary>Dumps an instance: the values of its class's fields, then those that it inherits.</summary>
    public void Instance(ulong id, ulong classId, params ulong[] values)
    {
        var types = InstanceFields(classId).ToList();
        using var data = new MemoryStream();
        for (var i = 0; i < types.Count; i++)
        {
            Value(data, types[i], i < values.Length ? values[i] : 0, withType: false);
        }

        RawInstance(id, classId, data.ToArray());
    }

    /// <summary>Dumps an instance with data that need not fit its class.</summary>
    public void RawInstance(ulong id, ulong classId, byte[] data)
    {
        heap.WriteByte((byte)HeapTag.InstanceDump);
        Id(heap, id);
        U4(heap, 0);
        Id(heap, classId);
        U4(heap, (uint)data.Length);
        heap.Write(data);
    }

    public void ObjectArray(ulong id, ulong classId, params ulong[] elements)
    {
        heap.WriteByte((byte)HeapTag.ObjectArrayDump);
        Id(heap, id);
        U4(heap, 0);
        U4(heap, (uint)elements.Length);
        Id(heap, classId);
        foreach (var element in elements)
        {
            Id(heap, element);
        }
    }

    /// <summary>Dumps an array of primitives.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="type">Of its elements.</param>
    /// <param name="elements">How many.</param>
    /// <param name="content">The elements as they stand in the file; zeros unless given, and none with <paramref name="tag"/> for Android's arrays without data.</param>
    /// <param name="tag">The record.</param>
    public void PrimitiveArray(
        ulong id,
        byte type,
        uint elements,
        byte[]? content = null,
        HeapTag tag = HeapTag.PrimitiveArrayDump
    )
    {
        heap.WriteByte((byte)tag);
        Id(heap, id);
        U4(heap, 0);
        U4(heap, elements);
        heap.WriteByte(type);
        if (tag == HeapTag.PrimitiveArrayDump)
        {
            heap.Write(content ?? new byte[elements * BasicType.Size(type, idSize)]);
        }
    }

    /// <summary>Dumps a root; numbers that its kind does not have are left out.</summary>
    public void Root(HeapTag tag, ulong id, uint thread = 0, uint number = 0)
    {
        heap.WriteByte((byte)tag);
        Id(heap, id);
        switch (HeapRecord.FixedLength(tag, idSize) - idSize)
        {
            case 8 when tag != HeapTag.RootJniGlobal:
                U4(heap, thread);
                U4(heap, number);
                break;
            case 4:
                U4(heap, thread);
                break;
            case > 0:
                Id(heap, 0);
                break;
        }
    }

    /// <summary>Android's record that tells to which heap what follows belongs.</summary>
    public void HeapInfo(uint heapType, string name)
    {
        var symbol = Symbol(name);
        heap.WriteByte((byte)HeapTag.HeapDumpInfo);
        U4(heap, heapType);
        Id(heap, symbol);
    }

    /// <summary>Writes a stack of methods of one class, innermost first.</summary>
    public void Trace(uint traceSerial, uint threadSerial, uint classSerial, params string[] methods)
    {
        var frames = new List<ulong>();
        foreach (var method in methods)
        {
            var frame = 0x9000 + (ulong)frames.Count + traceSerial * 100;
            frames.Add(frame);
            var (name, signature, source) = (Symbol(method), Symbol("()V"), Symbol("Source.java"));
            Record(
                RecordTag.Frame,
                b => Id(b, frame),
                b => Id(b, name),
                b => Id(b, signature),
                b => Id(b, source),
                b => U4(b, classSerial),
                b => U4(b, 42)
            );
        }

        Record(
            RecordTag.Trace,
            b => U4(b, traceSerial),
            b => U4(b, threadSerial),
            b => U4(b, (uint)frames.Count),
            b => frames.ForEach(f => Id(b, f))
        );
    }

    /// <summary>Adds a byte that is no record to the heap.</summary>
    public void Garbage(byte tag) => heap.WriteByte(tag);

    /// <summary>Ends the segment (or heap dump) under way.</summary>
    public void EndSegment()
    {
        var bytes = heap.ToArray();
        heap.SetLength(0);
        Record(version == "1.0.1" ? RecordTag.HeapDump : RecordTag.HeapDumpSegment, b => b.Write(bytes));
    }

    /// <summary>Any other record of the top level.</summary>
    public void Record(RecordTag tag, params Action<Stream>[] parts)
    {
        WriteHeader();
        using var body = new MemoryStream();
        foreach (var part in parts)
        {
            part(body);
        }

        file.WriteByte((byte)tag);
        U4(file, 0);
        U4(file, (uint)body.Length);
        body.WriteTo(file);
    }

    /// <summary>The whole dump.</summary>
    public byte[] ToArray()
    {
        WriteHeader();
        if (heap.Length > 0)
        {
            EndSegment();
        }

        if (version != "1.0.1")
        {
            Record(RecordTag.HeapDumpEnd);
        }

        return file.ToArray();
    }

    private void WriteHeader()
    {
        if (hasHeader)
        {
            return;
        }

        hasHeader = true;
        file.Write(Encoding.ASCII.GetBytes($"JAVA PROFILE {version}\0"));
        U4(file, (uint)idSize);
        U4(file, (uint)(TakenAt >> 32));
        U4(file, (uint)TakenAt);
    }

    private IEnumerable<byte> InstanceFields(ulong classId)
    {
        var depth = 0;
        for (var at = classId; depth++ < 10 && classes.TryGetValue(at, out var one); at = one.Super)
        {
            foreach (var field in one.Fields)
            {
                yield return field;
            }
        }
    }

    private void Value(Stream stream, byte type, ulong value, bool withType)
    {
        if (withType)
        {
            stream.WriteByte(type);
        }

        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        stream.Write(bytes[^BasicType.Size(type, idSize)..]);
    }

    private void Id(Stream stream, ulong id) => Value(stream, BasicType.Object, id, withType: false);

    private static void U4(Stream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void U2(Stream stream, ushort value)
    {
        stream.WriteByte((byte)(value >> 8));
        stream.WriteByte((byte)value);
    }
}
