using System.Collections.Concurrent;

namespace Acme.Pricing.Quotes;

/// <summary>Keeps quotes, so that a customer sees the same price again.</summary>
public sealed class QuoteCache
{
    private readonly ConcurrentDictionary<QuoteKey, Quote> entries = new();

    public Quote GetOrAdd(QuoteKey key, Func<QuoteKey, Quote> work) => entries.GetOrAdd(key, work);
}
