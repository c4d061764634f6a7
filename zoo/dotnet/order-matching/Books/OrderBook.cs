namespace Acme.Exchange.Books;

/// <summary>The open orders of one security.</summary>
public sealed class OrderBook(string symbol)
{
    private readonly SortedDictionary<int, Queue<Order>> buys = new(Comparer<int>.Create((a, b) => b.CompareTo(a)));
    private readonly SortedDictionary<int, Queue<Order>> sells = [];
    private readonly decimal[] history = new decimal[500];
    private readonly Lock gate = new();

    public string Describe()
    {
        lock (gate)
        {
            return $"{symbol}: {buys.Values.Sum(q => q.Count)} buy, {sells.Values.Sum(q => q.Count)} sell, last {history[0]}";
        }
    }

    /// <summary>The counterpart of an order; null where there is none yet, and the order waits.</summary>
    public Order? Match(Order order)
    {
        lock (gate)
        {
            var (others, own) = order.IsBuy ? (sells, buys) : (buys, sells);
            foreach (var (price, queue) in others)
            {
                if (order.IsBuy ? price > order.Price : price < order.Price)
                {
                    break;
                }

                var other = queue.Dequeue();
                if (queue.Count == 0)
                {
                    others.Remove(price);
                }

                history[order.Number % history.Length] = price;
                return other;
            }

            if (!own.TryGetValue(order.Price, out var waiting))
            {
                own.Add(order.Price, waiting = new Queue<Order>());
            }

            waiting.Enqueue(order);
            return null;
        }
    }

    public int Expire(DateTime before)
    {
        lock (gate)
        {
            return Expire(buys, before) + Expire(sells, before);
        }
    }

    private static int Expire(SortedDictionary<int, Queue<Order>> side, DateTime before)
    {
        var expired = 0;
        foreach (var (price, queue) in side.ToList())
        {
            for (; queue.Count > 0 && queue.Peek().Since < before; expired++)
            {
                queue.Dequeue();
            }

            if (queue.Count == 0)
            {
                side.Remove(price);
            }
        }

        return expired;
    }
}
