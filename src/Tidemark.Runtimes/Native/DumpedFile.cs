using System.Globalization;
using System.Text;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Native;

/// <summary>A heap profile that an allocator's own profiler was asked for.</summary>
internal static class DumpedFile
{
    private const int Attempts = 20;

    public const string Busy = "no thread of the program waits in a place from where its allocator could be asked";

    /// <summary>jemalloc writes where it is told to.</summary>
    /// <returns>The file, as we see it.</returns>
    public static async Task<string> OfAsync(Jemalloc jemalloc, LinuxProcess process, CancellationToken cancellation)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/tidemark-{Guid.NewGuid():N}.heap");
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await jemalloc.DumpAsync(name, cancellation) is { } error)
            {
                return error == 0
                    ? Seen(process, name)
                    : throw new CaptureFailedException($"jemalloc could not write {name} (error {error})");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }

        throw new CaptureFailedException(Busy);
    }

    /// <summary>tcmalloc writes beside the files that it writes by itself: HEAPPROFILE, a number, <c>.heap</c>.</summary>
    /// <returns>The file, as we see it.</returns>
    public static async Task<string> OfAsync(Tcmalloc tcmalloc, LinuxProcess process, CancellationToken cancellation)
    {
        var prefix =
            ReadPrefix(process.Pid)
            ?? throw new CaptureFailedException(
                "tcmalloc's profiler was started by the program, which alone knows where it writes"
            );
        var full = Path.Combine(process.ReadWorkingDirectory() ?? "/", prefix);
        var folder = Seen(process, Path.GetDirectoryName(full)!);
        var pattern = Path.GetFileName(full) + ".*.heap";
        var before = Directory.GetFiles(folder, pattern).ToHashSet();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await tcmalloc.DumpAsync(cancellation))
            {
                return Directory.GetFiles(folder, pattern).FirstOrDefault(f => !before.Contains(f))
                    ?? throw new CaptureFailedException($"tcmalloc wrote no file {full}.*.heap");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }

        throw new CaptureFailedException(Busy);
    }

    /// <summary>The variable HEAPPROFILE as the program was started with it.</summary>
    /// <remarks>The profiler sets the top bit of its first byte, for programs that this one starts to see that it is taken.</remarks>
    private static string? ReadPrefix(int pid)
    {
        ReadOnlySpan<byte> name = "HEAPPROFILE="u8;
        ReadOnlySpan<byte> rest = File.ReadAllBytes(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ")
        );
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)0);
            var variable = end < 0 ? rest : rest[..end];
            if (variable.StartsWith(name) && variable.Length > name.Length)
            {
                byte[] value = [.. variable[name.Length..]];
                value[0] &= 0x7f;
                return Encoding.UTF8.GetString(value);
            }

            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return null;
    }

    /// <summary>A path of the process as we see it.</summary>
    public static string Seen(LinuxProcess process, string path) => process.SharesOurFiles ? path : process.Root + path;
}
