using Tidemark.Core.Allocation;

namespace Tidemark.Formats.Jfr;

/// <summary>Adds the allocations and the live objects of a recording up by stack, chunk by chunk.</summary>
/// <remarks>
/// <para>Allocations: <c>ObjectAllocationSample</c> carries its weight in bytes; where a recording has the older events instead, a
/// thread-local buffer stands for all that was allocated in it, and an allocation outside of one for itself.</para>
/// <para>Live objects: the JVM keeps up to 256 of the objects that were allocated since the recording began, evenly spread over the
/// allocated bytes, and drops those that die. So each that is left stands for the same share of what the live heap has gained,
/// which <c>lastKnownHeapUsage</c> tells; never for less than itself.</para>
/// </remarks>
internal sealed class JfrProfile(JfrLimits limits)
{
    private const int AllocObjects = 0;
    private const int AllocSpace = 1;
    private const int InUseObjects = 2;
    private const int InUseSpace = 3;

    private const int ArrayHeaderBytes = 16;

    private readonly AllocationProfileBuilder builder = new([
        SampleType.AllocObjects,
        SampleType.AllocSpace,
        SampleType.InUseObjects,
        SampleType.InUseSpace,
    ])
    {
        Header = new() { DefaultSampleType = SampleType.InUseSpace.Name },
    };

    private readonly List<(int Row, long OwnBytes, long HeapBytes)> liveObjects = [];
    private DateTimeOffset? began;

    public void Add(JfrChunk chunk)
    {
        began ??= chunk.Began;
        var stacks = new JfrStacks(chunk, builder, limits);
        var weighed = chunk.Metadata.Find("jdk.ObjectAllocationSample");
        if (!AddAllocations(chunk, stacks, weighed, "weight"))
        {
            AddAllocations(chunk, stacks, chunk.Metadata.Find("jdk.ObjectAllocationInNewTLAB"), "tlabSize");
            AddAllocations(chunk, stacks, chunk.Metadata.Find("jdk.ObjectAllocationOutsideTLAB"), "allocationSize");
        }

        if (chunk.Metadata.Find("jdk.OldObjectSample") is { } old)
        {
            AddLiveObjects(chunk, stacks, old);
        }
    }

    public AllocationProfile Build()
    {
        if (liveObjects.Count > 0)
        {
            var gained = liveObjects.Max(o => o.HeapBytes) - liveObjects.Min(o => o.HeapBytes);
            var share = gained / liveObjects.Count;
            foreach (var (row, ownBytes, _) in liveObjects)
            {
                builder.Add(row, InUseObjects, 1);
                builder.Add(row, InUseSpace, Math.Max(share, ownBytes));
            }
        }

        builder.Header = builder.Header with { TakenAt = began };
        return builder.Build();
    }

    /// <returns>True where there was at least one.</returns>
    private bool AddAllocations(JfrChunk chunk, JfrStacks stacks, JfrType? type, string bytesField)
    {
        if (
            type is null
            || type.IndexOf("stackTrace") is not (>= 0 and var stack)
            || type.IndexOf(bytesField) is not (>= 0 and var bytes)
        )
        {
            return false;
        }

        var isAny = false;
        var objectClass = type.IndexOf("objectClass");
        var fields = new int[type.Fields.Count];
        foreach (var at in chunk.Events(type.Id))
        {
            chunk.FindFields(type, at, fields);
            var className =
                objectClass < 0 ? null : ClassAt(chunk, stacks, type.Fields[objectClass], fields[objectClass]);
            var row = AddStack(chunk, stacks, type.Fields[stack], fields[stack], className);
            builder.Add(row, AllocObjects, 1);
            builder.Add(row, AllocSpace, Math.Max(0, chunk.At(fields[bytes]).ReadLong()));
            isAny = true;
        }

        return isAny;
    }

    private void AddLiveObjects(JfrChunk chunk, JfrStacks stacks, JfrType type)
    {
        var stack = type.IndexOf("stackTrace");
        var sampled = type.IndexOf("object");
        var heap = type.IndexOf("lastKnownHeapUsage");
        if (stack < 0 || sampled < 0)
        {
            return;
        }

        var size = type.IndexOf("objectSize");
        var elements = type.IndexOf("arrayElements");
        var fields = new int[type.Fields.Count];
        foreach (var at in chunk.Events(type.Id))
        {
            chunk.FindFields(type, at, fields);
            var className = ObjectClass(chunk, stacks, type.Fields[sampled], fields[sampled]);
            var ownBytes =
                size >= 0 ? chunk.At(fields[size]).ReadLong()
                : elements >= 0 ? ArrayBytes(className, chunk.At(fields[elements]).ReadInt())
                : ArrayHeaderBytes;
            liveObjects.Add(
                (
                    AddStack(chunk, stacks, type.Fields[stack], fields[stack], className),
                    Math.Max(0, ownBytes),
                    heap < 0 ? 0 : chunk.At(fields[heap]).ReadLong()
                )
            );
        }
    }

    private int AddStack(JfrChunk chunk, JfrStacks stacks, JfrField field, int at, string? className)
    {
        var labels = className is null ? AllocationProfile.None : builder.AddLabels([new Label("class", className)]);
        return builder.AddStack(stacks.Stack(field.TypeId, chunk.At(at).ReadLong()), labels);
    }

    private static string? ClassAt(JfrChunk chunk, JfrStacks stacks, JfrField field, int at) =>
        stacks.ClassName(field.TypeId, chunk.At(at).ReadLong());

    /// <summary>The class of a sampled object, which is a constant of its own.</summary>
    private static string? ObjectClass(JfrChunk chunk, JfrStacks stacks, JfrField field, int at)
    {
        if (
            chunk.Metadata.Find(field.TypeId) is not { } type
            || type.IndexOf("type") is not (>= 0 and var classField)
            || chunk.FindConstant(type.Id, chunk.At(at).ReadLong()) is not (>= 0 and var position)
        )
        {
            return null;
        }

        var fields = new int[classField + 1];
        chunk.FindFields(type, position, fields);
        return ClassAt(chunk, stacks, type.Fields[classField], fields[classField]);
    }

    private static long ArrayBytes(string? className, int elements)
    {
        if (elements < 0)
        {
            // Not an array; the JVM before version 19 does not tell the object's size.
            return ArrayHeaderBytes;
        }

        long width = className switch
        {
            "byte[]" or "boolean[]" => 1,
            "char[]" or "short[]" => 2,
            "long[]" or "double[]" => 8,
            _ => 4,
        };
        return ArrayHeaderBytes + (width * elements);
    }
}
