namespace Tidemark.Formats.Hprof;

/// <summary>Records of the file's top level.</summary>
internal enum RecordTag : byte
{
    String = 0x01,
    LoadClass = 0x02,
    UnloadClass = 0x03,
    Frame = 0x04,
    Trace = 0x05,
    AllocationSites = 0x06,
    HeapSummary = 0x07,
    StartThread = 0x0A,
    EndThread = 0x0B,
    HeapDump = 0x0C,
    CpuSamples = 0x0D,
    ControlSettings = 0x0E,
    HeapDumpSegment = 0x1C,
    HeapDumpEnd = 0x2C,
}

/// <summary>Records inside of a heap dump; those from <see cref="RootInternedString"/> on, except <see cref="HeapDumpInfo"/>'s kind, are Android's.</summary>
internal enum HeapTag : byte
{
    RootUnknown = 0xFF,
    RootJniGlobal = 0x01,
    RootJniLocal = 0x02,
    RootJavaFrame = 0x03,
    RootNativeStack = 0x04,
    RootStickyClass = 0x05,
    RootThreadBlock = 0x06,
    RootMonitorUsed = 0x07,
    RootThreadObject = 0x08,
    ClassDump = 0x20,
    InstanceDump = 0x21,
    ObjectArrayDump = 0x22,
    PrimitiveArrayDump = 0x23,
    RootInternedString = 0x89,
    RootFinalizing = 0x8A,
    RootDebugger = 0x8B,
    RootReferenceCleanup = 0x8C,
    RootVmInternal = 0x8D,
    RootJniMonitor = 0x8E,
    Unreachable = 0x90,
    PrimitiveArrayNoData = 0xC3,
    HeapDumpInfo = 0xFE,
}

/// <summary>The types of fields and array elements.</summary>
internal static class BasicType
{
    public const byte Object = 2;
    public const byte Boolean = 4;
    public const byte Char = 5;
    public const byte Float = 6;
    public const byte Double = 7;
    public const byte Byte = 8;
    public const byte Short = 9;
    public const byte Int = 10;
    public const byte Long = 11;

    private static readonly string?[] Names =
    [
        null,
        null,
        null,
        null,
        "boolean",
        "char",
        "float",
        "double",
        "byte",
        "short",
        "int",
        "long",
    ];

    /// <summary>Bytes of a value in the dump; 0 where there is no such type.</summary>
    public static int Size(byte type, int idSize) =>
        type switch
        {
            Object or 1 => idSize,
            Boolean or Byte => 1,
            Char or Short => 2,
            Float or Int => 4,
            Double or Long => 8,
            _ => 0,
        };

    /// <summary>The name of a primitive type, null where it is none.</summary>
    public static string? Name(byte type) => type < Names.Length ? Names[type] : null;
}
