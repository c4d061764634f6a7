using System.Buffers.Text;
using System.Text;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.V8;

/// <summary>Names of the edges that V8 writes for an entry of a WeakMap, once from the table and once from the key: <c>7 / part of key (Session @11) -> value (Object @13) pair in WeakMap (table @17)</c>.</summary>
internal static class EphemeronName
{
    private const int Shortest = 60;

    /// <summary>Tells such a name, and the id of the table in it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> raw, out ulong table)
    {
        table = 0;
        var mark = "pair in WeakMap (table @"u8;
        if (raw.Length < Shortest || raw[^1] != ')' || !char.IsAsciiDigit((char)raw[0]))
        {
            return false;
        }

        var id = raw.Length - 1;
        while (char.IsAsciiDigit((char)raw[id - 1]))
        {
            if (--id <= mark.Length)
            {
                return false;
            }
        }

        return raw[..id].EndsWith(mark)
            && raw[..(id - mark.Length)].IndexOf(" / part of key ("u8) > 0
            && Utf8Parser.TryParse(raw[id..^1], out table, out var used)
            && id + used + 1 == raw.Length;
    }

    /// <summary>The same for text that was read already.</summary>
    public static bool TryParse(string name, out ulong table) => TryParse(Encoding.UTF8.GetBytes(name), out table);
}

/// <summary>Which of a snapshot's strings are such names, each with its table. There may be millions of them, of few tables.</summary>
/// <param name="largest">The largest string index that matters.</param>
internal sealed class EphemeronNames(long largest) : IDisposable
{
    /// <summary>By string index: the table's number from 1, 0 for any other string.</summary>
    private readonly NativeArray<int> tableOfName = new(largest + 1);
    private readonly Dictionary<ulong, int> numbers = [];
    private readonly List<ulong> tables = [];
    private int last;

    /// <summary>The ids of all tables.</summary>
    public IReadOnlySet<ulong> Tables => tables.ToHashSet();

    public void Add(int name, ulong table)
    {
        if ((last == 0 || tables[last - 1] != table) && !numbers.TryGetValue(table, out last))
        {
            tables.Add(table);
            numbers.Add(table, last = tables.Count);
        }

        if (name < tableOfName.Length)
        {
            tableOfName[name] = last;
        }
    }

    /// <summary>True for such a name of that table.</summary>
    public bool IsOf(ulong table, int name) =>
        name < tableOfName.Length && tableOfName[name] is > 0 and var number && tables[number - 1] == table;

    public void Dispose() => tableOfName.Dispose();
}
