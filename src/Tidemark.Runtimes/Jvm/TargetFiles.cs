using Tidemark.Core.Series;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Jvm;

/// <summary>Has the JVM write a file, and brings the file to us.</summary>
/// <remarks>
/// The JVM writes dumps itself, so the place must be one that it can write and we can read: where it wants to be in the end if the
/// JVM sees the same files under the same user, and a folder of its own file system otherwise, from where the file is copied and
/// removed. Folders in memory (tmpfs) are passed over, because a dump there counts against the very limit that is in question.
/// </remarks>
internal sealed class TargetFiles(LinuxProcess process, AttachChannel channel)
{
    private static readonly string[] MemoryFileSystems = ["tmpfs", "ramfs"];

    /// <summary>Runs a command that writes a new file, which ends up here with mode 0600.</summary>
    /// <param name="path">Where it ends up.</param>
    /// <param name="expectedBytes">What it will take.</param>
    /// <param name="command">The command for a path of the JVM's own file system, in which there is no quotation mark.</param>
    /// <param name="success">What the JVM answers where it has written the file.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="cancellation">Gives up; the JVM may go on, and what it writes is removed.</param>
    /// <exception cref="CaptureFailedException">It was refused or failed; nothing is left behind.</exception>
    /// <exception cref="TargetGoneException">The JVM ended meanwhile.</exception>
    public async Task WriteAsync(
        string path,
        long expectedBytes,
        Func<string, string> command,
        string success,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path))
        {
            throw new CaptureFailedException($"{path} exists already");
        }

        if (Shortage(Path.GetDirectoryName(path)!, expectedBytes) is { } shortage)
        {
            throw new CaptureFailedException(
                $"{shortage}, and the capture takes about {expectedBytes >> 20} MiB: choose another folder with --out"
            );
        }

        if (
            process.SharesOurFiles
            && process.Ids.User == Identity.EffectiveUser
            && !path.Contains('"', StringComparison.Ordinal)
        )
        {
            if (await RunAsync(command(path), success, path, patience, cancellation) is { } refusal)
            {
                throw new CaptureFailedException($"process {process.Pid} wrote no capture: {refusal}");
            }

            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return;
        }

        await WriteAndFetchAsync(path, expectedBytes, command, success, patience, cancellation);
    }

    private async Task WriteAndFetchAsync(
        string path,
        long expectedBytes,
        Func<string, string> command,
        string success,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        var name = $"tidemark-{Path.GetRandomFileName()}";
        var refusals = new List<string>();
        foreach (var folder in FoldersOfTarget())
        {
            var seenFromHere = process.Root + folder;
            if ((MemoryBacked(seenFromHere) ?? Shortage(seenFromHere, expectedBytes)) is { } unfit)
            {
                refusals.Add(unfit);
                continue;
            }

            var there = Path.Combine(seenFromHere, name);
            try
            {
                var pathThere = Path.Combine(folder, name);
                if (await RunAsync(command(pathThere), success, there, patience, cancellation) is { } refusal)
                {
                    refusals.Add($"{folder}: {refusal}");
                    continue;
                }

                await using var written = File.OpenRead(there);
                await CaptureFile.WriteAsync(path, file => written.CopyToAsync(file, 1 << 20, cancellation));
                return;
            }
            finally
            {
                File.Delete(there);
            }
        }

        throw new CaptureFailedException(
            $"process {process.Pid} has no folder for a capture of about {expectedBytes >> 20} MiB: {string.Join("; ", refusals)}"
        );
    }

    /// <summary>Runs the command; null where it succeeded, and the JVM's own words otherwise.</summary>
    private async Task<string?> RunAsync(
        string command,
        string success,
        string pathHere,
        TimeSpan patience,
        CancellationToken cancellation
    )
    {
        var isWritten = false;
        try
        {
            var answer = await channel.RunAsync(command, patience, cancellation);
            isWritten = answer.Contains(success, StringComparison.Ordinal) && File.Exists(pathHere);
            return isWritten ? null : answer.ReplaceLineEndings(" ").Trim();
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw process.IsRunning
                ? new CaptureFailedException(e.Message, e)
                : new TargetGoneException($"process {process.Pid} ended while it was captured", e);
        }
        finally
        {
            if (!isWritten)
            {
                // A file that the JVM still writes takes no space any more once it is done with it.
                File.Delete(pathHere);
            }
        }
    }

    private IEnumerable<string> FoldersOfTarget()
    {
        yield return "/tmp";
        yield return "/var/tmp";
        if (process.ReadWorkingDirectory() is { } folder && !folder.Contains('"', StringComparison.Ordinal))
        {
            yield return folder;
        }
    }

    private static string? MemoryBacked(string folder) =>
        Directory.Exists(folder) && MemoryFileSystems.Contains(new DriveInfo(folder).DriveFormat)
            ? $"{folder} is in memory"
            : null;

    /// <summary>Why there is no room in a folder; null where there is.</summary>
    private static string? Shortage(string folder, long bytes)
    {
        try
        {
            return !Directory.Exists(folder) ? $"{folder} does not exist"
                : new DriveInfo(folder).AvailableFreeSpace is var free && free < bytes
                    ? $"{folder} has {free >> 20} MiB left"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{folder}: {e.Message}";
        }
    }
}
