using System.Collections.Concurrent;

namespace Acme.Checkout.Baskets;

/// <summary>The baskets that are not paid for.</summary>
public sealed class OpenBaskets
{
    private readonly ConcurrentDictionary<int, Basket> baskets = new();

    public Basket Of(int customer) => baskets.GetOrAdd(customer, c => new Basket(c));

    public bool Pay(int customer) => baskets.TryRemove(customer, out _);

    public int Forget(TimeSpan untouchedFor)
    {
        var forgotten = 0;
        foreach (var (customer, basket) in baskets)
        {
            if (Environment.TickCount64 - basket.TouchedAt > untouchedFor.TotalMilliseconds)
            {
                forgotten += baskets.TryRemove(customer, out _) ? 1 : 0;
            }
        }

        return forgotten;
    }
}
