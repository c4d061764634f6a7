namespace Acme.Checkout.Baskets;

/// <summary>Forgets the baskets that were left behind.</summary>
public sealed class BasketCleanup(OpenBaskets baskets, ILogger<BasketCleanup> log) : BackgroundService
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            log.LogDebug("{Forgotten} baskets were left behind", baskets.Forget(Life));
        }
    }
}
