using Acme.Checkout.Products;

namespace Acme.Checkout.Baskets;

/// <summary>What a customer is about to buy.</summary>
public sealed class Basket(int customer)
{
    private readonly List<Product> products = [];
    private readonly byte[] page = new byte[24 * 1024];

    public int Customer { get; } = customer;

    public long TouchedAt { get; private set; } = Environment.TickCount64;

    public decimal Add(Product product)
    {
        lock (products)
        {
            products.Add(product);
            page[product.Number % page.Length] = 1;
            TouchedAt = Environment.TickCount64;
            return products.Sum(p => p.Price);
        }
    }
}
