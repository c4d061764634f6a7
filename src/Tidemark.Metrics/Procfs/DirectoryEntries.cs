using System.Runtime.InteropServices;

namespace Tidemark.Metrics.Procfs;

/// <summary>Counts what stands in a folder without looking at it: enumerating with .NET asks twice for the status of each link, and <c>/proc/PID/fd</c> holds nothing else.</summary>
internal static unsafe partial class DirectoryEntries
{
    /// <summary>Null where the folder is not there or may not be read.</summary>
    public static int? Count(string folder)
    {
        var stream = Open(folder);
        if (stream == 0)
        {
            return null;
        }

        var entries = 0;
        while (Read(stream) != null)
        {
            entries++;
        }

        _ = Close(stream);
        return Math.Max(0, entries - 2); // "." and ".."
    }

    [LibraryImport("libc", EntryPoint = "opendir", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Open(string folder);

    [LibraryImport("libc", EntryPoint = "readdir")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void* Read(nint stream);

    [LibraryImport("libc", EntryPoint = "closedir")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(nint stream);
}
