using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Formats.Tests.Jfr;

/// <summary>Writes recordings of one chunk as a JVM does, as far as the reader looks.</summary>
internal sealed class JfrRecording
{
    public const int Long = 1;
    public const int Int = 2;
    public const int Text = 3;
    public const int Boolean = 4;
    public const int Class = 20;
    public const int Symbol = 21;
    public const int Method = 22;
    public const int StackFrame = 23;
    public const int StackTrace = 24;
    public const int OldObject = 25;
    public const int AllocationSample = 100;
    public const int OldObjectSample = 101;

    private const int HeaderSize = 68;

    private readonly List<byte> events = [];
    private readonly Dictionary<int, List<(long Key, byte[] Value)>> pools = [];
    private readonly Dictionary<string, long> symbols = new(StringComparer.Ordinal);
    private long nextKey = 1;

    /// <summary>Adds a stack of <c>class.method:line</c>, innermost first.</summary>
    public long AddStack(params (string Class, string Method, int Line)[] frames)
    {
        var value = new List<byte>();
        value.Add(0); // not truncated
        Number(value, frames.Length);
        foreach (var (type, method, line) in frames)
        {
            Number(value, AddMethod(type, method));
            Number(value, line);
            Number(value, 7); // bytecode index
        }

        return AddConstant(StackTrace, value);
    }

    public void AddAllocation(long stack, string type, long weight)
    {
        var body = new List<byte>();
        Number(body, 1000); // start
        Number(body, stack);
        Number(body, AddClass(type));
        Number(body, weight);
        AddEvent(AllocationSample, body);
    }

    public void AddOldObject(long stack, string type, long heapUsage, int elements)
    {
        var value = new List<byte>();
        Number(value, 0xdeadbeef); // address
        Number(value, AddClass(type));
        value.Add(0); // no description
        var sampled = AddConstant(OldObject, value);

        var body = new List<byte>();
        Number(body, 1000);
        Number(body, stack);
        Number(body, heapUsage);
        Number(body, sampled);
        Number(body, elements);
        AddEvent(OldObjectSample, body);
    }

    public byte[] ToArray()
    {
        var metadata = Metadata();
        var checkpoint = Checkpoint();
        var chunk = new List<byte>(new byte[HeaderSize]);
        chunk.AddRange(events);
        chunk.AddRange(checkpoint);
        var metadataAt = chunk.Count;
        chunk.AddRange(metadata);

        var bytes = chunk.ToArray();
        "FLR\0"u8.CopyTo(bytes);
        bytes[5] = 2;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), bytes.Length);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), HeaderSize + events.Count);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(24), metadataAt);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(32), 1_700_000_000_000_000_000);
        bytes[67] = 1; // compressed integers
        return bytes;
    }

    private long AddMethod(string type, string method)
    {
        var value = new List<byte>();
        Number(value, AddClass(type));
        Number(value, AddSymbol(method));
        return AddConstant(Method, value);
    }

    private long AddClass(string type)
    {
        var value = new List<byte>();
        Number(value, AddSymbol(type));
        return AddConstant(Class, value);
    }

    private long AddSymbol(string text)
    {
        if (!symbols.TryGetValue(text, out var key))
        {
            var value = new List<byte> { 3 };
            Number(value, Encoding.UTF8.GetByteCount(text));
            value.AddRange(Encoding.UTF8.GetBytes(text));
            symbols[text] = key = AddConstant(Symbol, value);
        }

        return key;
    }

    private long AddConstant(int type, List<byte> value)
    {
        if (!pools.TryGetValue(type, out var pool))
        {
            pools[type] = pool = [];
        }

        pool.Add((nextKey, [.. value]));
        return nextKey++;
    }

    private void AddEvent(int type, List<byte> body) => Append(events, type, body);

    private byte[] Checkpoint()
    {
        var body = new List<byte>();
        Number(body, 1);
        Number(body, 1);
        Number(body, 0);
        body.Add(0);
        Number(body, pools.Count);
        foreach (var (type, pool) in pools)
        {
            Number(body, type);
            Number(body, pool.Count);
            foreach (var (key, value) in pool)
            {
                Number(body, key);
                body.AddRange(value);
            }
        }

        var written = new List<byte>();
        Append(written, 1, body);
        return [.. written];
    }

    private static byte[] Metadata()
    {
        var root = new Element("root")
        {
            Children =
            {
                new Element("metadata")
                {
                    Children =
                    {
                        Type(Long, "long"),
                        Type(Int, "int"),
                        Type(Boolean, "boolean"),
                        Type(Text, "java.lang.String"),
                        Type(Symbol, "jdk.types.Symbol", ("string", Text, false, false)),
                        Type(Class, "java.lang.Class", ("name", Symbol, true, false)),
                        Type(Method, "jdk.types.Method", ("type", Class, true, false), ("name", Symbol, true, false)),
                        Type(
                            StackFrame,
                            "jdk.types.StackFrame",
                            ("method", Method, true, false),
                            ("lineNumber", Int, false, false),
                            ("bytecodeIndex", Int, false, false)
                        ),
                        Type(
                            StackTrace,
                            "jdk.types.StackTrace",
                            ("truncated", Boolean, false, false),
                            ("frames", StackFrame, false, true)
                        ),
                        Type(
                            OldObject,
                            "jdk.types.OldObject",
                            ("address", Long, false, false),
                            ("type", Class, true, false),
                            ("description", Text, false, false)
                        ),
                        Type(
                            AllocationSample,
                            "jdk.ObjectAllocationSample",
                            ("startTime", Long, false, false),
                            ("stackTrace", StackTrace, true, false),
                            ("objectClass", Class, true, false),
                            ("weight", Long, false, false)
                        ),
                        Type(
                            OldObjectSample,
                            "jdk.OldObjectSample",
                            ("startTime", Long, false, false),
                            ("stackTrace", StackTrace, true, false),
                            ("lastKnownHeapUsage", Long, false, false),
                            ("object", OldObject, true, false),
                            ("arrayElements", Int, false, false)
                        ),
                    },
                },
            },
        };
        var strings = new List<string>();
        var tree = new List<byte>();
        root.Write(tree, strings);

        var body = new List<byte>();
        Number(body, 1);
        Number(body, 1);
        Number(body, 1);
        Number(body, strings.Count);
        foreach (var text in strings)
        {
            body.Add(5); // Latin-1
            Number(body, text.Length);
            body.AddRange(Encoding.Latin1.GetBytes(text));
        }

        body.AddRange(tree);
        var written = new List<byte>();
        Append(written, 0, body);
        return [.. written];
    }

    private static Element Type(int id, string name, params (string Name, int Type, bool Pooled, bool Array)[] fields)
    {
        var type = new Element("class", ("id", $"{id}"), ("name", name));
        foreach (var field in fields)
        {
            List<(string, string)> attributes = [("name", field.Name), ("class", $"{field.Type}")];
            if (field.Pooled)
            {
                attributes.Add(("constantPool", "true"));
            }

            if (field.Array)
            {
                attributes.Add(("dimension", "1"));
            }

            type.Children.Add(new Element("field", [.. attributes]));
        }

        return type;
    }

    /// <summary>An event's size counts its own bytes; it is written in four of them, as the JVM does.</summary>
    private static void Append(List<byte> to, int type, List<byte> body)
    {
        var typed = new List<byte>();
        Number(typed, type);
        typed.AddRange(body);
        var size = typed.Count + 4;
        to.Add((byte)(size | 0x80));
        to.Add((byte)((size >> 7) | 0x80));
        to.Add((byte)((size >> 14) | 0x80));
        to.Add((byte)((size >> 21) & 0x7f));
        to.AddRange(typed);
    }

    private static void Number(List<byte> to, long number)
    {
        var rest = (ulong)number;
        while (rest > 0x7f)
        {
            to.Add((byte)(rest | 0x80));
            rest >>= 7;
        }

        to.Add((byte)rest);
    }

    private sealed class Element(string name, params (string Key, string Value)[] attributes)
    {
        public List<Element> Children { get; } = [];

        public void Write(List<byte> to, List<string> strings)
        {
            Number(to, Index(strings, name));
            Number(to, attributes.Length);
            foreach (var (key, value) in attributes)
            {
                Number(to, Index(strings, key));
                Number(to, Index(strings, value));
            }

            Number(to, Children.Count);
            foreach (var child in Children)
            {
                child.Write(to, strings);
            }
        }

        private static int Index(List<string> strings, string text)
        {
            if (!strings.Contains(text))
            {
                strings.Add(text);
            }

            return strings.IndexOf(text);
        }
    }
}
