using Tidemark.Formats.NetTrace;

namespace Tidemark.Formats.Clr;

/// <summary>The events of the .NET runtime that matter here; their numbers are those of its event manifest.</summary>
public enum ClrEvent
{
    None = 0,
    GcStart = 1,
    GcEnd = 2,
    GcRestartEnd = 3,
    GcHeapStats = 4,
    GcSuspendBegin = 9,
    BulkType = 15,
    BulkRootEdge = 16,
    BulkRootConditionalWeakTableElementEdge = 17,
    BulkNode = 18,
    BulkEdge = 19,
    BulkRootStaticVar = 38,

    /// <summary>A figure with a name of its own, such as what the heap has committed.</summary>
    GcDynamic = 39,
    GcPerHeapHistory = 204,

    /// <summary>How the collector is set up, told when the trace ends. Shifted: the rundown provider has numbers of its own.</summary>
    RundownGcSettings = 1010,

    /// <summary>A method that has code, told when the trace ends.</summary>
    RundownMethod = 1144,

    /// <summary>A loaded module, told when the trace ends.</summary>
    RundownModule = 1154,
}

/// <summary>Who writes the runtime's events, and what has to be asked for.</summary>
public static class ClrProvider
{
    public const string Runtime = "Microsoft-Windows-DotNETRuntime";
    public const string Rundown = "Microsoft-Windows-DotNETRuntimeRundown";

    /// <summary>Collections, their pauses and what they leave.</summary>
    public const long GcKeyword = 0x1;

    /// <summary>A full collection now, and with it every object, reference, root and type: GC, Type, GCHeapDump, GCHeapCollect, GCHeapAndTypeNames.</summary>
    public const long HeapDumpKeywords = 0x1 | 0x80000 | 0x100000 | 0x800000 | 0x1000000;

    /// <summary>A full collection now, without the dump: GC, GCHeapCollect.</summary>
    public const long CollectKeywords = 0x1 | 0x800000;

    /// <summary>The collector's settings when the session ends.</summary>
    public const long RundownGcKeyword = 0x1;

    /// <summary>Modules (Loader) and methods (Jit, NGen) when the session ends.</summary>
    public const long RundownKeywords = 0x8 | 0x10 | 0x20;

    private const int RundownShift = 1000;

    /// <summary>Which of the runtime's events this is; <see cref="ClrEvent.None"/> for those of others.</summary>
    public static ClrEvent Of(NetTraceDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition.Provider switch
        {
            Runtime => (ClrEvent)definition.EventId,
            Rundown => (ClrEvent)(definition.EventId + RundownShift),
            _ => ClrEvent.None,
        };
    }
}
