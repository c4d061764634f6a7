using System.Collections.Concurrent;
using Acme.Exchange.Books;

namespace Acme.Exchange.Matching;

public sealed record Trade(long Buyer, long Seller, int Price, string Text);

/// <summary>The last trades. Bounded.</summary>
public sealed class TradeTape
{
    private const int Most = 2000;
    private readonly ConcurrentQueue<Trade> trades = new();

    public void Add(Order one, Order other)
    {
        trades.Enqueue(new Trade(one.Number, other.Number, other.Price, $"{one.Number} with {other.Number}"));
        while (trades.Count > Most)
        {
            trades.TryDequeue(out _);
        }
    }

    public string Summary()
    {
        var last = trades.ToArray();
        return string.Join(
            "; ",
            last.GroupBy(t => t.Price).OrderBy(g => g.Key).Select(g => $"{g.Key}: {g.Count()} ({g.Last().Text})")
        );
    }
}
