namespace Tidemark.Formats.Hprof;

/// <summary>Reads a class as it is dumped.</summary>
internal static class ClassDumpRecord
{
    /// <summary>Reads what follows the record's tag.</summary>
    /// <returns>The class, or null where the data ends or a field's type does not exist.</returns>
    public static JavaClass? Read(HprofCursor cursor, out string? problem)
    {
        var idSize = cursor.IdSize;
        var place = cursor.Position;
        problem = "the data ends inside of a class";
        if (!cursor.Has(7 * idSize + 10))
        {
            return null;
        }

        var id = cursor.Id();
        cursor.Skip(4);
        var superClass = cursor.Id();
        var loader = cursor.Id();
        var signers = cursor.Id();
        var domain = cursor.Id();
        cursor.Skip(2 * idSize + 4);
        if (
            ReadConstants(cursor, ref problem) is not { } constants
            || ReadStatics(cursor, ref problem) is not { } statics
            || ReadFields(cursor, ref problem) is not { } fields
        )
        {
            return null;
        }

        problem = null;
        return new JavaClass
        {
            Place = place,
            Id = id,
            Super = superClass,
            Loader = loader,
            Signers = signers,
            ProtectionDomain = domain,
            Constants = constants,
            Statics = statics,
            Fields = fields,
        };
    }

    private static ulong[]? ReadConstants(HprofCursor cursor, ref string? problem)
    {
        var constants = new List<ulong>();
        for (var count = cursor.U2(); count > 0; count--)
        {
            if (!cursor.Has(3))
            {
                return null;
            }

            cursor.Skip(2);
            if (!ReadValue(cursor, cursor.U1(), out var value, ref problem))
            {
                return null;
            }

            if (value != 0)
            {
                constants.Add(value);
            }
        }

        return [.. constants];
    }

    private static StaticField[]? ReadStatics(HprofCursor cursor, ref string? problem)
    {
        if (!cursor.Has(2))
        {
            return null;
        }

        var count = cursor.U2();
        var statics = new List<StaticField>();
        for (var i = 0; i < count; i++)
        {
            if (!cursor.Has(cursor.IdSize + 1))
            {
                return null;
            }

            var name = cursor.Id();
            var type = cursor.U1();
            if (!ReadValue(cursor, type, out var value, ref problem))
            {
                return null;
            }

            statics.Add(new StaticField(name, type, value));
        }

        return [.. statics];
    }

    private static InstanceField[]? ReadFields(HprofCursor cursor, ref string? problem)
    {
        if (!cursor.Has(2))
        {
            return null;
        }

        var count = cursor.U2();
        if (!cursor.Has(count * (cursor.IdSize + 1)))
        {
            return null;
        }

        var fields = new InstanceField[count];
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = new InstanceField(cursor.Id(), cursor.U1());
            if (BasicType.Size(fields[i].Type, cursor.IdSize) == 0)
            {
                problem = $"a field of unknown type {fields[i].Type}";
                return null;
            }
        }

        return fields;
    }

    /// <summary>Reads a value; only references come back, anything else as 0.</summary>
    private static bool ReadValue(HprofCursor cursor, byte type, out ulong value, ref string? problem)
    {
        value = 0;
        var size = BasicType.Size(type, cursor.IdSize);
        if (size == 0)
        {
            problem = $"a static field of unknown type {type}";
            return false;
        }

        if (!cursor.Has(size))
        {
            return false;
        }

        if (type is BasicType.Object or 1)
        {
            value = cursor.Id();
        }
        else
        {
            cursor.Skip(size);
        }

        return true;
    }
}
