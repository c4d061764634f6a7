namespace Tidemark.Formats.NetTrace;

/// <summary>Reads what events are, as the stream's metadata blocks define them.</summary>
internal static class EventDefinitions
{
    private const int ParametersTag = 2;
    private const int ArrayType = 19;
    private const int MaxDepth = 16;

    /// <summary>Reads a definition after its number.</summary>
    public static NetTraceDefinition Read(EventPayload payload, NetTraceLimits limits)
    {
        var provider = payload.Utf16();
        var eventId = payload.Int32();
        var name = payload.Utf16();
        payload.Int64(); // keywords
        var version = payload.Int32();
        payload.Int32(); // level
        var left = limits.MaxFields;
        IReadOnlyList<NetTraceField> fields = ReadFields(ref payload, sized: false, ref left, 0);
        while (payload.Remaining > 5)
        {
            var size = payload.Int32();
            var kind = payload.Byte();
            var tag = payload.Part(size);
            if (kind == ParametersTag)
            {
                fields = ReadFields(ref tag, sized: true, ref left, 0);
            }
        }

        return new NetTraceDefinition(provider, eventId, name, version, fields);
    }

    /// <summary>Reads a list of fields; in the second form each tells its size and its name comes first.</summary>
    private static NetTraceField[] ReadFields(ref EventPayload payload, bool sized, ref int left, int depth)
    {
        var count = payload.Int32();
        if (count < 0 || count > left || depth > MaxDepth)
        {
            throw payload.Malformed($"{count} fields, at most {left} were expected");
        }

        left -= count;
        var fields = new NetTraceField[count];
        foreach (ref var field in fields.AsSpan())
        {
            if (sized)
            {
                var definition = payload.Part(payload.Int32() - sizeof(int));
                var name = definition.Utf16();
                field = ReadField(ref definition, sized, name, ref left, depth);
            }
            else
            {
                field = ReadField(ref payload, sized, name: null, ref left, depth);
            }
        }

        return fields;
    }

    private static NetTraceField ReadField(ref EventPayload payload, bool sized, string? name, ref int left, int depth)
    {
        var type = payload.Int32();
        NetTraceField[] inner = [];
        if (type == (int)TypeCode.Object)
        {
            inner = ReadFields(ref payload, sized, ref left, depth + 1);
        }
        else if (type == ArrayType)
        {
            // The element's type is not needed: an event with an array is not read by its fields.
            payload.Int32();
        }

        return new NetTraceField(name ?? payload.Utf16(), (TypeCode)type, inner);
    }
}
