using System.Runtime.InteropServices;

namespace Tidemark.Formats.Zstd;

/// <summary>The system's libzstd (RFC 8878), which nearly every Linux has because its package manager needs it; .NET 10 has no reader of its own.</summary>
internal static unsafe partial class ZstdLibrary
{
    private const string Name = "libzstd.so.1";

    private static readonly Lazy<bool> Present = new(() => NativeLibrary.TryLoad(Name, out _));

    public static bool IsPresent => Present.Value;

    [StructLayout(LayoutKind.Sequential)]
    public struct InputBuffer
    {
        public void* Source;
        public nuint Size;
        public nuint Position;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct OutputBuffer
    {
        public void* Target;
        public nuint Size;
        public nuint Position;
    }

    [LibraryImport(Name, EntryPoint = "ZSTD_createDStream")]
    public static partial nint Create();

    [LibraryImport(Name, EntryPoint = "ZSTD_freeDStream")]
    public static partial nuint Free(nint stream);

    /// <summary>Unpacks as much as fits. By default frames that need a window above 128 MiB are refused, which bounds the memory.</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_decompressStream")]
    public static partial nuint Decompress(nint stream, OutputBuffer* output, InputBuffer* input);

    [LibraryImport(Name, EntryPoint = "ZSTD_isError")]
    public static partial uint IsError(nuint code);
}
