using System.Globalization;

namespace Tidemark.Formats.Jfr;

/// <summary>The types of a chunk: its metadata event, a tree of elements with attributes over a table of strings.</summary>
internal sealed class JfrMetadata
{
    private const int DeepestElement = 64;

    private readonly Dictionary<long, JfrType> types = [];

    private JfrMetadata() { }

    public JfrType? Find(long id) => types.GetValueOrDefault(id);

    /// <summary>The type of that name that events are of; null where the chunk declares none.</summary>
    public JfrType? Find(string name) => types.Values.FirstOrDefault(t => t.Name == name);

    /// <summary>Reads the event behind its size and type.</summary>
    public static JfrMetadata Read(ref JfrCursor cursor)
    {
        cursor.ReadLong(); // start
        cursor.ReadLong(); // duration
        cursor.ReadLong(); // metadata id
        var strings = new string[cursor.ReadCount()];
        for (var i = 0; i < strings.Length; i++)
        {
            strings[i] = cursor.ReadString(out _) ?? "";
        }

        var metadata = new JfrMetadata();
        metadata.ReadElement(ref cursor, strings, parent: null, depth: 0);
        return metadata;
    }

    private void ReadElement(ref JfrCursor cursor, string[] strings, JfrType? parent, int depth)
    {
        if (depth > DeepestElement)
        {
            throw cursor.Malformed($"elements nest deeper than {DeepestElement}");
        }

        var element = ReadText(ref cursor, strings);
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = cursor.ReadCount(); left > 0; left--)
        {
            attributes[ReadText(ref cursor, strings)] = ReadText(ref cursor, strings);
        }

        JfrType? type = null;
        if (element == "class" && TryNumber(attributes, "id", out var id))
        {
            type = new JfrType(id, attributes.GetValueOrDefault("name", ""));
            types[id] = type;
        }
        else if (element == "field" && parent is not null && TryNumber(attributes, "class", out var fieldType))
        {
            parent.Fields.Add(
                new JfrField(
                    attributes.GetValueOrDefault("name", ""),
                    fieldType,
                    attributes.GetValueOrDefault("constantPool") == "true",
                    attributes.GetValueOrDefault("dimension") == "1"
                )
            );
        }

        for (var left = cursor.ReadCount(); left > 0; left--)
        {
            ReadElement(ref cursor, strings, type, depth + 1);
        }
    }

    private static string ReadText(ref JfrCursor cursor, string[] strings) =>
        cursor.ReadInt() is var number && (uint)number < (uint)strings.Length
            ? strings[number]
            : throw cursor.Malformed($"string {number} is referred to, and there are {strings.Length}");

    private static bool TryNumber(Dictionary<string, string> attributes, string name, out long number) =>
        long.TryParse(attributes.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
