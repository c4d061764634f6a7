using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Tidemark.Formats.PythonHeap;

/// <summary>Writes captures as the agent does; for tests, and for tools that make captures of their own.</summary>
public sealed class PythonHeapWriter
{
    private readonly Stream stream;

    /// <param name="stream">Receives the capture; stays open.</param>
    /// <param name="collectorIsOn">Whether the cyclic collector runs.</param>
    public PythonHeapWriter(Stream stream, bool collectorIsOn = true)
    {
        ArgumentNullException.ThrowIfNull(stream);
        this.stream = stream;
        stream.Write(PythonHeapFormat.Magic);
        stream.Write("1\n"u8);
        Json(
            'H',
            new JsonObject
            {
                ["refbase"] = 0,
                ["gc"] = collectorIsOn,
                ["time"] = 0.0,
                ["frozen"] = 0,
            }
        );
    }

    /// <summary>An object of a block: its references, and the keys beside them for a dict or a frame.</summary>
    public readonly record struct Item(
        ulong Address,
        int Type,
        long Size,
        ulong ReferenceCount,
        ulong[] References,
        ulong[]? Keys = null
    );

    public void Type(int number, ulong address, string name, string kind, bool hasDict = false) =>
        Json('T', new JsonArray(new JsonArray(number, address, name, kind, hasDict)));

    public void Text(ulong address, string text) => Json('S', new JsonArray(new JsonArray(address, text)));

    public void Layout(int type, params string?[] names) =>
        Json(
            'A',
            new JsonArray(new JsonArray(type, names.Length, new JsonArray([.. names.Select(n => (JsonNode?)n)])))
        );

    /// <summary>A module with its dict, or (with <paramref name="kind"/> <c>frame</c>) a running function.</summary>
    public void Root(string kind, ulong address, string name, ulong space = 0) =>
        Json('R', new JsonArray(new JsonArray(kind, address, name, space)));

    public void Objects(params Item[] items) => Block('O', items, withKeys: false);

    public void Dicts(params Item[] items) => Block('D', items, withKeys: true);

    public void Leaves(params Item[] items)
    {
        ArgumentNullException.ThrowIfNull(items);
        var block = new List<byte>();
        Add(block, [(uint)items.Length]);
        Add(block, [.. items.Select(i => i.Address)]);
        Add(block, [.. items.Select(i => i.Type)]);
        Add(block, [.. items.Select(i => (ulong)i.Size)]);
        Write('L', [.. block]);
    }

    /// <summary>Says that a dict holds the attributes of an object.</summary>
    public void Namespace(ulong owner, ulong dict) =>
        Write('N', MemoryMarshal.AsBytes((ReadOnlySpan<ulong>)[owner, dict]));

    /// <summary>Says where an object was allocated: lines, innermost first.</summary>
    public void Site(ulong address, int number, params (string File, int Line, string Function)[] lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        Json(
            'F',
            new JsonArray(new JsonArray(number, new JsonArray([.. lines.Select(l => new JsonArray(l.File, l.Line))])))
        );
        Json('C', new JsonArray([.. lines.Select(l => new JsonArray(l.File, l.Line, l.Function))]));
        var block = new List<byte>();
        Add(block, [address]);
        Add(block, [number]);
        Write('P', [.. block]);
    }

    public void End(bool complete = true) =>
        Json(
            'E',
            new JsonObject
            {
                ["complete"] = complete,
                ["visited"] = 1,
                ["of"] = 1,
            }
        );

    private void Block(char kind, Item[] items, bool withKeys)
    {
        ArgumentNullException.ThrowIfNull(items);
        var block = new List<byte>();
        Add(block, [(uint)items.Length, (uint)items.Sum(i => i.References.Length)]);
        Add(block, [.. items.Select(i => i.Address)]);
        Add(block, [.. items.Select(i => i.Type)]);
        Add(block, [.. items.Select(i => (ulong)i.Size)]);
        Add(block, [.. items.Select(i => i.ReferenceCount)]);
        Add(block, [.. items.Select(i => (uint)i.References.Length)]);
        Add(block, [.. items.SelectMany(i => i.References)]);
        if (withKeys)
        {
            Add(block, [.. items.SelectMany(i => i.Keys ?? [])]);
        }

        Write(kind, [.. block]);
    }

    private static void Add<T>(List<byte> block, T[] values)
        where T : unmanaged => block.AddRange(MemoryMarshal.AsBytes<T>(values));

    private void Json(char kind, JsonNode value) => Write(kind, Encoding.UTF8.GetBytes(value.ToJsonString()));

    private void Write(char kind, ReadOnlySpan<byte> block)
    {
        Span<byte> header = [(byte)kind, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], block.Length);
        stream.Write(header);
        stream.Write(block);
    }
}
