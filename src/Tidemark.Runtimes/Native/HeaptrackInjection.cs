using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Native;

/// <summary>heaptrack on a running process, as <c>heaptrack --pid</c> does it, for a bounded time.</summary>
/// <remarks>
/// Its own script calls functions through gdb from wherever a thread happens to stand, which may be inside of the allocator. Here a
/// thread of ours in the target makes the calls: it loads heaptrack's library, has it begin, and has it stop. What it puts into the
/// tables of the loader it takes out again itself; the library stays, because a thread may still be on its way through it.
/// </remarks>
internal sealed partial class HeaptrackInjection
{
    private const ulong BindNow = 2;
    private static readonly TimeSpan InterpreterPatience = TimeSpan.FromSeconds(60);

    /// <summary>How long allocations are recorded.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    public static readonly CaptureMethod Method = new(
        "heaptrack",
        "heaptrack",
        ".heaptrack.gz",
        CaptureRole.Heap,
        "heaptrack data of 20 s, every call of malloc and free (its library is loaded into the process and stays there, unused afterwards)"
    )
    {
        ChangesTarget = true,
        OnRequest = true,
    };

    private static readonly string[] Folders =
    [
        "/usr/lib/heaptrack",
        "/usr/lib64/heaptrack",
        "/usr/local/lib/heaptrack",
        "/usr/local/lib64/heaptrack",
    ];

    private readonly LinuxProcess process;
    private readonly TargetBlock block;
    private readonly string library;
    private readonly string interpreter;

    private HeaptrackInjection(LinuxProcess process, TargetBlock block, string folder)
    {
        this.process = process;
        this.block = block;
        library = Path.Combine(folder, "libheaptrack_inject.so");
        interpreter = Path.Combine(folder, "libexec", "heaptrack_interpret");
    }

    /// <exception cref="CaptureFailedException">It cannot be had here; says why and what to do.</exception>
    public static HeaptrackInjection Of(LinuxProcess process, TargetBlock? block, string? refusal)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (block is null)
        {
            throw new CaptureFailedException($"no heaptrack: {refusal}");
        }

        if (Folders.FirstOrDefault(f => File.Exists(Path.Combine(f, "libheaptrack_inject.so"))) is not { } folder)
        {
            throw new CaptureFailedException("no heaptrack: it is not installed (Debian: apt install heaptrack)");
        }

        return process.SharesOurFiles
            ? new HeaptrackInjection(process, block, folder)
            : throw new CaptureFailedException(
                "no heaptrack: the process has a file system of its own, without heaptrack's library: run tidemark in its container"
            );
    }

    /// <summary>Records for the window and writes what heaptrack writes.</summary>
    /// <param name="path">The new file.</param>
    /// <param name="window">Begun when heaptrack records; it is stopped when this has ended.</param>
    /// <param name="cancellation">Gives up; heaptrack is stopped all the same.</param>
    public async Task WriteAsync(string path, Func<CancellationToken, Task> window, CancellationToken cancellation)
    {
        var functions = await LoadAsync(cancellation);
        var pipe = string.Create(CultureInfo.InvariantCulture, $"/tmp/tidemark-{Guid.NewGuid():N}.pipe");
        const int ownerOnly = 0x180;
        if (MakePipe(pipe, ownerOnly) != 0 || ChangeOwner(pipe, process.Ids.User, process.Ids.Group) != 0)
        {
            throw new CaptureFailedException($"{pipe} cannot be made: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        try
        {
            await CaptureFile.WriteAsync(path, file => RecordAsync(file, pipe, functions, window, cancellation));
        }
        finally
        {
            File.Delete(pipe);
        }
    }

    private async Task RecordAsync(
        Stream file,
        string pipe,
        (ulong Inject, ulong Stop) functions,
        Func<CancellationToken, Task> window,
        CancellationToken cancellation
    )
    {
        using var reader = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec \"$0\" <\"$1\" 2>/dev/null", interpreter, pipe])
            {
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            var packed = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true);
            var copied = reader.StandardOutput.BaseStream.CopyToAsync(packed, CancellationToken.None);
            await CallAsync(
                texts => [new(functions.Inject, texts.Add(pipe))],
                "heaptrack could not be started",
                cancellation
            );
            try
            {
                await window(cancellation);
            }
            finally
            {
                if (process.IsRunning)
                {
                    await CallAsync(
                        _ => [new(functions.Stop)],
                        "heaptrack could not be stopped: it goes on until somebody calls heaptrack_stop() in the process",
                        CancellationToken.None
                    );
                }
            }

            await copied.WaitAsync(InterpreterPatience, cancellation);
            await packed.DisposeAsync();
        }
        catch (TimeoutException e)
        {
            throw new CaptureFailedException("heaptrack_interpret did not come to an end", e);
        }
        finally
        {
            if (!reader.HasExited)
            {
                reader.Kill();
            }
        }
    }

    private async Task<(ulong Inject, ulong Stop)> LoadAsync(CancellationToken cancellation)
    {
        if (block.Find("dlopen", "dlsym") is not { } loader)
        {
            throw new CaptureFailedException("no heaptrack: the program loads no libraries");
        }

        var found = await CallAsync(
            texts =>
                [
                    new(loader["dlopen"], texts.Add(library), BindNow),
                    new(loader["dlsym"], new CallArgument(0, ResultOf: 0), texts.Add("heaptrack_inject")),
                    new(loader["dlsym"], new CallArgument(0, ResultOf: 0), texts.Add("heaptrack_stop")),
                ],
            "heaptrack's library could not be loaded",
            cancellation
        );
        return found is [> 0, > 0, > 0]
            ? (found[1], found[2])
            : throw new CaptureFailedException($"the process could not load {library}");
    }

    private Task<ulong[]> CallAsync(
        Func<Strings, IReadOnlyList<TargetCall>> calls,
        string failure,
        CancellationToken cancellation
    ) =>
        BusyTarget.AskAsync(
            () =>
            {
                var texts = new Strings(block.Data + HookBlock.CallResults);
                var list = calls(texts);
                block.WriteArguments(texts.Bytes);
                return block.CallAsync(list, cancellation);
            },
            cancellation,
            BusyTarget.ManyAttempts,
            failure
        );

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, int user, int group);
}
