using System.Runtime.InteropServices;

namespace Tidemark.Core.Heap;

/// <summary>
/// The pages of the program's own code and constants (Linux). One access maps sixteen of them, and none is ever let go: an analysis
/// would carry along what read its dump, and what parsed the command line, at the moment when it needs most memory.
/// </summary>
public static unsafe partial class ProgramPages
{
    private const int HeadersAt = 3;
    private const int HeaderCount = 5;
    private const uint Loaded = 1;
    private const uint HeadersThemselves = 6;
    private const uint Writable = 2;

    /// <summary>Lets them go, between two phases of an analysis; what is needed again comes back from the system's cache of files, some microseconds a page.</summary>
    public static void LetGo()
    {
        var headers = (ProgramHeader*)AuxiliaryValue(HeadersAt);
        var count = headers is null ? 0 : (int)AuxiliaryValue(HeaderCount);
        nuint moved = 0;
        for (var i = 0; i < count; i++)
        {
            if (headers[i].Type == HeadersThemselves)
            {
                moved = (nuint)headers - headers[i].Address;
            }
        }

        for (var i = 0; i < count; i++)
        {
            // What can be written to may have been: it would come back as it was at the start.
            if (headers[i].Type == Loaded && (headers[i].Flags & Writable) == 0)
            {
                NativeBlock.LetGo((nint)(moved + headers[i].Address), (long)headers[i].MemoryBytes);
            }
        }
    }

    /// <summary>What the kernel told the program at its start (auxiliary vector); 0 where it did not.</summary>
    [LibraryImport("libc", EntryPoint = "getauxval")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint AuxiliaryValue(nuint type);

    /// <summary>A program header of a 64-bit ELF file.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ProgramHeader
    {
        public readonly uint Type;
        public readonly uint Flags;
        public readonly nuint Offset;
        public readonly nuint Address;
        public readonly nuint PhysicalAddress;
        public readonly nuint FileBytes;
        public readonly nuint MemoryBytes;
        public readonly nuint Alignment;
    }
}
