using Tidemark.Core.Allocation;
using Tidemark.Formats.ClassHistogram;

namespace Tidemark.Formats.Jfr;

/// <summary>The stacks and classes of one chunk, brought into a profile, each once.</summary>
internal sealed class JfrStacks(JfrChunk chunk, AllocationProfileBuilder builder, JfrLimits limits)
{
    private const string SymbolText = "string";

    private readonly Dictionary<(long Type, long Key), int[]> stacks = [];
    private readonly Dictionary<(long Type, long Key), string> texts = [];
    private readonly Dictionary<(long Type, long Key), (string Function, string File)> methods = [];

    /// <summary>The frames of a stack, innermost first; none where the chunk does not hold it.</summary>
    public int[] Stack(long type, long key)
    {
        if (!stacks.TryGetValue((type, key), out var frames))
        {
            stacks[(type, key)] = frames = ReadStack(type, key);
        }

        return frames;
    }

    /// <summary>A class as the source names it; null where the chunk does not hold it.</summary>
    public string? ClassName(long type, long key) =>
        Text(type, key, "name") is { Length: > 0 } name ? JavaClassName.Decode(name.Replace('/', '.')) : null;

    private int[] ReadStack(long typeId, long key)
    {
        if (
            chunk.Metadata.Find(typeId) is not { } type
            || type.IndexOf("frames") is not (>= 0 and var framesField)
            || chunk.FindConstant(typeId, key) is not (>= 0 and var position)
            || chunk.Metadata.Find(type.Fields[framesField].TypeId) is not { } frameType
        )
        {
            return [];
        }

        var method = frameType.IndexOf("method");
        var line = frameType.IndexOf("lineNumber");
        if (method < 0 || line < 0)
        {
            return [];
        }

        Span<int> fields = stackalloc int[framesField + 1];
        chunk.FindFields(type, position, fields);
        var cursor = chunk.At(fields[framesField]);
        var count = cursor.ReadCount();
        if (count > limits.MaxStackDepth)
        {
            throw cursor.Malformed($"a stack of {count} frames, more than the {limits.MaxStackDepth} that are read");
        }

        var frames = new int[count];
        var parts = new int[frameType.Fields.Count];
        var at = cursor.Position;
        for (var i = 0; i < count; i++)
        {
            at = chunk.FindFields(frameType, at, parts);
            var (function, file) = Method(frameType.Fields[method].TypeId, chunk.At(parts[method]).ReadLong());
            frames[i] = builder.AddFrame(function, file, Math.Max(0, chunk.At(parts[line]).ReadInt()));
        }

        return frames;
    }

    /// <summary>A method as <c>package.Class.method</c>, and the file that a class of that name is written in by convention.</summary>
    private (string Function, string File) Method(long typeId, long key)
    {
        if (methods.TryGetValue((typeId, key), out var known))
        {
            return known;
        }

        var owner = "";
        if (
            chunk.Metadata.Find(typeId) is { } type
            && type.IndexOf("type") is >= 0 and var ownerField
            && chunk.FindConstant(typeId, key) is >= 0 and var position
        )
        {
            Span<int> fields = stackalloc int[ownerField + 1];
            chunk.FindFields(type, position, fields);
            owner = ClassName(type.Fields[ownerField].TypeId, chunk.At(fields[ownerField]).ReadLong()) ?? "";
        }

        var name = Text(typeId, key, "name") ?? "?";
        var nested = owner.IndexOf('$', StringComparison.Ordinal);
        var file = owner.Length == 0 ? "" : (nested > 0 ? owner[..nested] : owner).Replace('.', '/') + ".java";
        return methods[(typeId, key)] = (owner.Length == 0 ? name : $"{owner}.{name}", file);
    }

    /// <summary>A field of a constant that is a text, or a symbol that holds one.</summary>
    private string? Text(long typeId, long key, string field)
    {
        if (texts.TryGetValue((typeId, key), out var known))
        {
            return known;
        }

        if (
            chunk.Metadata.Find(typeId) is not { } type
            || type.IndexOf(field) is not (>= 0 and var index)
            || chunk.FindConstant(typeId, key) is not (>= 0 and var position)
        )
        {
            return null;
        }

        Span<int> fields = stackalloc int[index + 1];
        chunk.FindFields(type, position, fields);
        var cursor = chunk.At(fields[index]);
        var declared = type.Fields[index];
        string? text;
        if (declared.IsPooled)
        {
            // One step at the most: a symbol that is a symbol again would be a circle.
            text = field == SymbolText ? null : Text(declared.TypeId, cursor.ReadLong(), SymbolText);
        }
        else
        {
            text = cursor.ReadString(out var pooled);
            if (pooled >= 0 && chunk.FindConstant(declared.TypeId, pooled) is >= 0 and var shared)
            {
                text = chunk.At(shared).ReadString(out _);
            }
        }

        if (text is not null)
        {
            texts[(typeId, key)] = text;
        }

        return text;
    }
}
