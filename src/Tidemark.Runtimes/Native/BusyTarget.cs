namespace Tidemark.Runtimes.Native;

/// <summary>Questions to a program that can be asked only while a thread of it waits in a place from where that does no harm.</summary>
internal static class BusyTarget
{
    private const string Busy = "no thread of the program waits in a place from where its allocator could be asked";

    /// <summary>For what must be brought to its end.</summary>
    public const int ManyAttempts = 100;

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until there is an answer.</summary>
    /// <param name="ask">Gives null where it was not possible at the moment.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="attempts">How often; what was begun and must be brought to its end is worth more of them.</param>
    /// <param name="failure">What could not be done; null where that is plain.</param>
    /// <exception cref="CaptureFailedException">There was none.</exception>
    public static async Task<T> AskAsync<T>(
        Func<Task<T?>> ask,
        CancellationToken cancellation,
        int attempts = 20,
        string? failure = null
    )
        where T : class
    {
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            await Task.Delay(Between, cancellation);
        }

        throw new CaptureFailedException(failure is null ? Busy : $"{failure}: {Busy}");
    }

    /// <summary>The same of an answer that is a value.</summary>
    public static async Task<T> AskAsync<T>(Func<Task<T?>> ask, CancellationToken cancellation)
        where T : struct => (T)await AskAsync<object>(async () => await ask(), cancellation);
}
