using Acme.Pricing.Rates;

namespace Acme.Pricing.Quotes;

/// <summary>Works out prices.</summary>
public sealed class QuoteService(RateTable rates, QuoteCache cache, RecentQuotes recent)
{
    public Quote Quote(int customer, int product)
    {
        var key = new QuoteKey(customer, product, DateTime.UtcNow.Ticks / TimeSpan.TicksPerMinute);
        var quote = cache.GetOrAdd(key, WorkOut);
        recent.Add(quote);
        return quote;
    }

    private Quote WorkOut(QuoteKey key)
    {
        var rate = rates.Of(key.Product);
        var lines = new List<QuoteLine>();
        for (var step = 0; step < rate.Steps.Length; step++)
        {
            var price = rate.Base * rate.Steps[step];
            lines.Add(new QuoteLine(step + 1, price, $"{step + 1} x {rate.Name} at {price:0.00}"));
        }

        return new Quote(key, lines);
    }
}
