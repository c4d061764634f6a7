namespace Tidemark.Acceptance;

/// <summary>A machine that carries a few diagnoses at once, or one alone.</summary>
internal sealed class SideBySide(int places)
{
    private readonly SemaphoreSlim free = new(places);
    private readonly SemaphoreSlim alone = new(1);

    /// <summary>Waits for one place; disposing gives it back.</summary>
    public async Task<IDisposable> BesideOthersAsync()
    {
        // Whoever waits for the whole machine goes first: otherwise there would always be somebody on it.
        await alone.WaitAsync();
        alone.Release();
        await free.WaitAsync();
        return new Held(() => free.Release());
    }

    /// <summary>Waits until nobody else is on the machine; disposing opens it again.</summary>
    public async Task<IDisposable> AloneAsync()
    {
        await alone.WaitAsync();
        for (var i = 0; i < places; i++)
        {
            await free.WaitAsync();
        }

        return new Held(() =>
        {
            free.Release(places);
            alone.Release();
        });
    }

    private sealed class Held(Action giveBack) : IDisposable
    {
        public void Dispose() => giveBack();
    }
}
