using System.Globalization;
using System.Text;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Native;

/// <summary>A heap profile that an allocator's own profiler was asked for.</summary>
internal static class DumpedFile
{
    /// <summary>jemalloc writes where it is told to.</summary>
    /// <returns>The file, as we see it.</returns>
    public static async Task<string> OfAsync(Jemalloc jemalloc, LinuxProcess process, CancellationToken cancellation)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"/tmp/tidemark-{Guid.NewGuid():N}.heap");
        var error = await BusyTarget.AskAsync(() => jemalloc.DumpAsync(name, cancellation), cancellation);
        return error == 0
            ? Seen(process, name)
            : throw new CaptureFailedException($"jemalloc could not write {name} (error {error})");
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
        await BusyTarget.AskAsync<bool>(async () => await tcmalloc.DumpAsync(cancellation) ? true : null, cancellation);
        return Directory.GetFiles(folder, pattern).FirstOrDefault(f => !before.Contains(f))
            ?? throw new CaptureFailedException($"tcmalloc wrote no file {full}.*.heap");
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
