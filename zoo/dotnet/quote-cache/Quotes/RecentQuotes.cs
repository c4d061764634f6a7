namespace Acme.Pricing.Quotes;

/// <summary>The last totals, for the dashboard. Bounded.</summary>
public sealed class RecentQuotes
{
    private const int Most = 5000;
    private readonly LinkedList<(DateTime At, string Text)> last = new();
    private readonly Lock gate = new();

    public int Count
    {
        get
        {
            lock (gate)
            {
                return last.Count;
            }
        }
    }

    public void Add(Quote quote)
    {
        lock (gate)
        {
            last.AddLast(
                (DateTime.UtcNow, $"{quote.Key.Customer} was told {quote.Total:0.00} for {quote.Key.Product}")
            );
            if (last.Count > Most)
            {
                last.RemoveFirst();
            }
        }
    }
}
