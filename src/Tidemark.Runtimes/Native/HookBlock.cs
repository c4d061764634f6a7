using System.Buffers.Binary;

namespace Tidemark.Runtimes.Native;

/// <summary>The code that is put into a watched process, and where things are in it and in its data (Hooks/allocation-hooks.c, entries.S).</summary>
internal static class HookBlock
{
    public const int SizeClasses = 256;
    public const int Shards = 16;
    public const int Variates = 4096;
    public const int BucketSlots = 8;
    public const int TableSlots = 8192 * BucketSlots;
    public const int RingSamples = 256;
    public const int SampleBytes = 8192;
    public const int SampleHeader = 128;

    // The head.
    public const ulong DataPointer = 8;
    public const ulong RealFunctions = 16;
    public const ulong UsableSize = RealFunctions + (32 * sizeof(ulong));
    public const ulong Trap = UsableSize + sizeof(ulong);
    private const int EntryTable = (int)Trap + 8;

    // The data.
    public const ulong Enabled = 0;
    public const ulong Written = 8;
    public const ulong Taken = 16;
    public const ulong Lost = 24;
    public const ulong Forgotten = 32;
    public const ulong VariateTable = 128;
    public const ulong ShardTable = VariateTable + (Variates * sizeof(ulong));
    public const int ShardWords = 8 + SizeClasses;
    public const ulong Addresses = ShardTable + (Shards * ShardWords * sizeof(ulong));
    public const ulong Numbers = Addresses + (TableSlots * sizeof(ulong));
    public const ulong Ring = Numbers + (TableSlots * sizeof(ulong));
    public const ulong Calls = Ring + (RingSamples * SampleBytes);
    public const ulong CallResults = Calls + 2048;
    public const ulong DataBytes = Calls + 8192;

    /// <summary>The functions that are stood in for, in the order of the hooks. From <see cref="FirstOperator"/> on C++'s operators, which most allocators leave to the C++ library, and that calls malloc.</summary>
    public static readonly string[] Functions =
    [
        "malloc",
        "calloc",
        "realloc",
        "free",
        "memalign",
        "aligned_alloc",
        "posix_memalign",
        "valloc",
        "pvalloc",
        "reallocarray",
        "_Znwm",
        "_Znam",
        "_ZnwmRKSt9nothrow_t",
        "_ZnamRKSt9nothrow_t",
        "_ZnwmSt11align_val_t",
        "_ZnamSt11align_val_t",
        "_ZdlPv",
        "_ZdaPv",
        "_ZdlPvm",
        "_ZdaPvm",
        "_ZdlPvSt11align_val_t",
        "_ZdaPvSt11align_val_t",
        "_ZdlPvmSt11align_val_t",
        "_ZdaPvmSt11align_val_t",
    ];

    public const int FirstOperator = 10;

    public static byte[] Code { get; } = Load();

    public static int CodeBytes => (Code.Length + 0xfff) & ~0xfff;

    /// <summary>The first bytes of the block.</summary>
    public static ReadOnlySpan<byte> Magic => "TMHOOKS1"u8;

    /// <summary>Where a hook begins, from the block's start.</summary>
    public static ulong Entry(int hook) =>
        BinaryPrimitives.ReadUInt64LittleEndian(Code.AsSpan(EntryTable + 8 + (hook * 8)));

    /// <summary>Where the function begins that a thread of ours runs.</summary>
    public static ulong Run => Entry(Functions.Length);

    /// <summary>The number of a block's size among those that are counted apart.</summary>
    public static int SizeClass(ulong size)
    {
        if (size < 2048)
        {
            return (int)(size >> 4);
        }

        var log = 63 - (int)ulong.LeadingZeroCount(size);
        return Math.Min(128 + ((log - 11) * 4) + (int)((size >> (log - 2)) & 3), SizeClasses - 1);
    }

    private static byte[] Load()
    {
        using var stream = typeof(HookBlock).Assembly.GetManifestResourceStream("allocation-hooks.bin")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
