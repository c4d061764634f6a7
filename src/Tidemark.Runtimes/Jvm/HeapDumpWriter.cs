using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Jvm;

/// <summary>Has the JVM write its heap into a file, and brings the file to us.</summary>
/// <remarks>
/// The JVM writes the dump itself, so the place must be one that it can write and we can read: where it wants to be in the end if the
/// JVM sees the same files under the same user, and a folder of its own file system otherwise, from where the dump is copied and
/// removed. Folders in memory (tmpfs) are passed over, because a dump there counts against the very limit that is in question.
/// </remarks>
internal sealed class HeapDumpWriter(LinuxProcess process, AttachChannel channel)
{
    private const string Written = "Heap dump file created";
    private static readonly string[] MemoryFileSystems = ["tmpfs", "ramfs"];

    /// <summary>Writes a dump of the live objects into a new file with mode 0600.</summary>
    /// <exception cref="CaptureFailedException">It was refused or failed; nothing is left behind.</exception>
    public async Task WriteAsync(string path, long expectedBytes, TimeSpan patience, CancellationToken cancellation)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path))
        {
            throw new CaptureFailedException($"{path} exists already");
        }

        var folder = Path.GetDirectoryName(path)!;
        RequireSpace(folder, expectedBytes);
        if (process.SharesOurFiles && process.Ids.User == Identity.EffectiveUser)
        {
            var refusal = await DumpAsync(path, path, patience, cancellation);
            if (refusal is not null)
            {
                throw new CaptureFailedException($"process {process.Pid} wrote no heap dump: {refusal}");
            }

            return;
        }

        await DumpAndFetchAsync(path, expectedBytes, patience, cancellation);
    }

    private async Task DumpAndFetchAsync(
        string path,
        long expectedBytes,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        var name = $"tidemark-{Path.GetRandomFileName()}.hprof";
        var refusals = new List<string>();
        foreach (var folder in FoldersOfTarget())
        {
            var seenFromHere = process.Root + folder;
            if (Shortage(seenFromHere, expectedBytes) is { } shortage)
            {
                refusals.Add(shortage);
                continue;
            }

            var there = Path.Combine(seenFromHere, name);
            try
            {
                if (await DumpAsync(Path.Combine(folder, name), there, patience, cancellation) is { } refusal)
                {
                    refusals.Add($"{folder}: {refusal}");
                    continue;
                }

                await using var dump = File.OpenRead(there);
                await CaptureFile.WriteAsync(path, file => dump.CopyToAsync(file, 1 << 20, cancellation));
                return;
            }
            finally
            {
                File.Delete(there);
            }
        }

        throw new CaptureFailedException(
            $"process {process.Pid} has no folder for a heap dump of about {expectedBytes >> 20} MiB: {string.Join("; ", refusals)}"
        );
    }

    /// <summary>Runs the command; null where it succeeded, and the JVM's own words otherwise.</summary>
    private async Task<string?> DumpAsync(
        string pathThere,
        string pathHere,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        var isWritten = false;
        try
        {
            var answer = await channel.RunAsync($"GC.heap_dump \"{pathThere}\"", patience, cancellation);
            isWritten = answer.Contains(Written, StringComparison.Ordinal) && File.Exists(pathHere);
            return isWritten ? null : answer.ReplaceLineEndings(" ").Trim();
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw process.IsRunning
                ? new CaptureFailedException(e.Message, e)
                : new Core.Series.TargetGoneException($"process {process.Pid} ended while its heap was dumped", e);
        }
        finally
        {
            if (!isWritten)
            {
                // A dump that the JVM still writes takes no space any more once it is done with it.
                File.Delete(pathHere);
            }
        }
    }

    private IEnumerable<string> FoldersOfTarget()
    {
        yield return "/tmp";
        yield return "/var/tmp";
        if (process.ReadWorkingDirectory() is { } folder)
        {
            yield return folder;
        }
    }

    private static void RequireSpace(string folder, long bytes)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < bytes)
        {
            throw new CaptureFailedException(
                $"{folder} has {free >> 20} MiB left, and the heap dump takes about {bytes >> 20} MiB: choose another folder with --out"
            );
        }
    }

    /// <summary>Why a folder will not do; null where it may.</summary>
    private static string? Shortage(string folder, long bytes)
    {
        try
        {
            var drive = new DriveInfo(folder);
            return !Directory.Exists(folder) ? $"{folder} does not exist"
                : MemoryFileSystems.Contains(drive.DriveFormat) ? $"{folder} is in memory"
                : drive.AvailableFreeSpace < bytes ? $"{folder} has {drive.AvailableFreeSpace >> 20} MiB left"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{folder}: {e.Message}";
        }
    }
}
