using Acme.Trading.Feed;
using Acme.Trading.Instruments;

namespace Acme.Trading.Alerts;

/// <summary>What one user wants to be told, while the user is here.</summary>
public sealed class AlertSession : IDisposable
{
    private readonly AlertHistory history;
    private readonly Dictionary<string, decimal> thresholds = [];
    private readonly byte[] outbox = new byte[8 * 1024];
    private int used;

    public AlertSession(int user, InstrumentCatalog catalog, AlertHistory history)
    {
        User = user;
        this.history = history;
        for (var i = 0; i < 12; i++)
        {
            thresholds[catalog.At((user * 31) + i).Symbol] = 100 + i;
        }

        MarketFeed.PriceChanged += OnPriceChanged;
    }

    public int User { get; }

    public string Describe() => $"{User}: {thresholds.Count} alerts";

    public void Dispose()
    {
        // The outbox is sent and the session forgotten by its directory.
        history.Add(User, used);
        thresholds.TrimExcess();
    }

    private void OnPriceChanged(object? sender, PriceChange change)
    {
        if (thresholds.TryGetValue(change.Symbol, out var threshold) && change.Price > threshold)
        {
            outbox[used++ % outbox.Length] = 1;
        }
    }
}
