namespace Acme.Trading.Feed;

public sealed class PriceChange(string symbol, decimal price) : EventArgs
{
    public string Symbol { get; } = symbol;

    public decimal Price { get; } = price;
}

/// <summary>Publishes prices to whoever listens.</summary>
public sealed class MarketFeed : BackgroundService
{
    private readonly Random random = new(7);

    public static event EventHandler<PriceChange>? PriceChanged;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            PriceChanged?.Invoke(this, new PriceChange($"S{random.Next(60_000)}", random.Next(1, 500)));
        }
    }
}
