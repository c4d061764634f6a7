using System.Globalization;

namespace Tidemark.Formats.NetTrace;

/// <summary>Reads a self-describing event by the fields of its definition.</summary>
public static class EventFields
{
    /// <summary>The event's values by the names of their fields, structures flattened; what follows a field of an unknown kind is left out.</summary>
    public static IReadOnlyDictionary<string, object> Read(NetTraceDefinition definition, EventPayload payload)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        Read(definition.Fields, ref payload, values);
        return values;
    }

    private static bool Read(
        IReadOnlyList<NetTraceField> fields,
        ref EventPayload payload,
        Dictionary<string, object> values
    )
    {
        foreach (var field in fields)
        {
            if (field.Type == TypeCode.Object)
            {
                if (!Read(field.Fields, ref payload, values))
                {
                    return false;
                }

                continue;
            }

            object? value = field.Type switch
            {
                TypeCode.Boolean => payload.Int32() != 0,
                TypeCode.SByte or TypeCode.Byte => payload.Byte(),
                TypeCode.Char or TypeCode.Int16 or TypeCode.UInt16 => payload.UInt16(),
                TypeCode.Int32 => payload.Int32(),
                TypeCode.UInt32 => payload.UInt32(),
                TypeCode.Int64 or TypeCode.DateTime => payload.Int64(),
                TypeCode.UInt64 => payload.UInt64(),
                TypeCode.Single => payload.Single(),
                TypeCode.Double => payload.Double(),
                TypeCode.String => payload.Utf16(),
                _ => null,
            };
            if (value is null)
            {
                return false;
            }

            values[field.Name] = value;
        }

        return true;
    }

    /// <summary>A value as a number, NaN where there is none of that name.</summary>
    public static double Number(this IReadOnlyDictionary<string, object> values, string name)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.TryGetValue(name, out var value) && value is not string
            ? Convert.ToDouble(value, CultureInfo.InvariantCulture)
            : double.NaN;
    }
}
