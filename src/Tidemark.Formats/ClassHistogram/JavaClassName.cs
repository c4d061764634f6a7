namespace Tidemark.Formats.ClassHistogram;

/// <summary>Class names as the JVM writes them, turned into what stands in the source.</summary>
internal static class JavaClassName
{
    /// <summary><c>[[B</c> becomes <c>byte[][]</c>, <c>[Lcom.acme.Order;</c> becomes <c>com.acme.Order[]</c>.</summary>
    /// <remarks>The address behind a hidden class (<c>Order$$Lambda$14/0x0000000800c03000</c>, in heap dumps <c>Order$$Lambda$14+0x0000000800c03000</c>) goes: it is another one in each process.</remarks>
    public static string Decode(string name)
    {
        var dimensions = 0;
        while (dimensions < name.Length && name[dimensions] == '[')
        {
            dimensions++;
        }

        var element = name.AsSpan(dimensions);
        if (dimensions > 0)
        {
            element = element switch
            {
                "Z" => "boolean",
                "B" => "byte",
                "C" => "char",
                "S" => "short",
                "I" => "int",
                "J" => "long",
                "F" => "float",
                "D" => "double",
                ['L', .. var type, ';'] => type,
                _ => element,
            };
        }

        var address = element.IndexOf("/0x");
        address = address < 0 ? element.IndexOf("+0x") : address;
        if (address > 0)
        {
            element = element[..address];
        }

        return dimensions == 0 && address < 0
            ? name
            : string.Concat(element, string.Concat(Enumerable.Repeat("[]", dimensions)));
    }
}
