using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidemark.Runtimes.Processes;

/// <summary>Writes to <c>/proc/PID/mem</c>.</summary>
internal static unsafe partial class MemoryFile
{
    /// <summary>Writes all of it. The memory of a process that has ended takes nothing and tells no error: <see cref="RandomAccess"/> would try for ever.</summary>
    /// <exception cref="IOException">The process has ended, or nothing is mapped there.</exception>
    public static void Write(SafeFileHandle memory, ulong address, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (var done = 0; done < bytes.Length; )
            {
                var written = WriteAt(memory, start + done, (nuint)(bytes.Length - done), (long)address + done);
                if (written <= 0)
                {
                    var reason = written == 0 ? "the process has ended" : Marshal.GetLastPInvokeErrorMessage();
                    throw new IOException($"the memory at 0x{address:x} could not be written: {reason}");
                }

                done += (int)written;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint WriteAt(SafeFileHandle file, byte* bytes, nuint count, long offset);
}
