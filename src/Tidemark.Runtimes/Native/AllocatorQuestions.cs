using System.Diagnostics;
using System.Globalization;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Native;

/// <summary>What the allocator of a process is asked: one question at a time, and none any more once it did not answer.</summary>
internal sealed class AllocatorQuestions(LinuxProcess process, NativeAllocator? allocator) : IDisposable
{
    // The allocator's locks are held while it adds up: rarely enough to be nothing.
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(3);

    // Within this time its figures are those of the sample that asked for them.
    private static readonly TimeSpan New = TimeSpan.FromMilliseconds(200);

    private const int ReleaseAttempts = 10;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim turn = new(1);
    private DateTimeOffset asked;

    /// <summary>The allocator, where it is one that can be asked.</summary>
    public NativeAllocator? Allocator => allocator;

    /// <summary>Whatever holds its locks must not be disturbed twice.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>What it said last; null before it did.</summary>
    public HeapFigures? Figures { get; private set; }

    /// <summary>The sampler's count at that moment, in bytes.</summary>
    public long NetAtFigures { get; private set; }

    public bool AreFiguresNew => DateTimeOffset.UtcNow - asked < New;

    /// <summary>The next sample asks, however long ago the last one did.</summary>
    public void AskAtOnce() => asked = default;

    /// <summary>Asks for what is live and taken, when it is time to and nobody else asks.</summary>
    /// <param name="sampler">Counts what is allocated meanwhile; null where nobody counts.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task AskAsync(AllocationSampler? sampler, CancellationToken cancellation)
    {
        if (
            allocator is null
            || IsSilent
            || DateTimeOffset.UtcNow - asked < AskEvery
            || !await turn.WaitAsync(0, cancellation)
        )
        {
            return;
        }

        try
        {
            var before = sampler?.ReadNet().Sum() ?? 0;
            if (await allocator.ReadAsync(cancellation) is { } now)
            {
                Figures = now;
                NetAtFigures = sampler is null ? 0 : (before + sampler.ReadNet().Sum()) / 2;
                asked = DateTimeOffset.UtcNow;
            }
        }
        catch (Exception e) when (e is CaptureFailedException or ThreadCallException or UnauthorizedAccessException)
        {
            IsSilent = true;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Has it give back what it can spare.</summary>
    /// <returns>The call that did it; null where there is none, or it was not possible at the moment.</returns>
    public Task<string?> ReleaseAsync(CancellationToken cancellation) =>
        allocator is null
            ? Task.FromResult<string?>(null)
            : AloneAsync(() => TryReleaseAsync(cancellation), cancellation);

    /// <summary>Its arenas as it describes them itself.</summary>
    public Task<byte[]> ReadArenasAsync(CancellationToken cancellation) =>
        AloneAsync(() => GlibcArenas.ReadAsync((Glibc)allocator!, process, cancellation), cancellation);

    public async Task<CaptureOutcome> WriteArenasAsync(string path, CancellationToken cancellation)
    {
        var text = await ReadArenasAsync(cancellation);
        await CaptureFile.WriteAsync(path, file => file.WriteAsync(text, cancellation).AsTask());
        return new CaptureOutcome(null, []);
    }

    /// <summary>Has its own profiler write a file, and takes that over.</summary>
    public Task<CaptureOutcome> DumpAsync(string path, CancellationToken cancellation) =>
        AloneAsync(() => TakeDumpAsync(path, cancellation), cancellation);

    /// <summary>Does something in the process while nothing is asked.</summary>
    public async Task<T> AloneAsync<T>(Func<Task<T>> step, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            return await step();
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task<string?> TryReleaseAsync(CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < ReleaseAttempts; attempt++)
        {
            if (await allocator!.ReleaseAsync(cancellation))
            {
                return allocator.ReleaseCall;
            }

            await Task.Delay(BetweenAttempts, cancellation);
        }

        return null;
    }

    private async Task<CaptureOutcome> TakeDumpAsync(string path, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var dumped = allocator is Jemalloc jemalloc
            ? await DumpedFile.OfAsync(jemalloc, process, cancellation)
            : await DumpedFile.OfAsync((Tcmalloc)allocator!, process, cancellation);
        var took = Stopwatch.GetElapsedTime(start);
        await using (var from = File.OpenRead(dumped))
        {
            await CaptureFile.WriteAsync(path, file => from.CopyToAsync(file, cancellation));
        }

        File.Delete(dumped);
        return new CaptureOutcome(
            null,
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{allocator!.Name} wrote its profile within {took.TotalSeconds:0.0} s, beside the program"
                ),
            ]
        );
    }
}
