namespace Acme.Checkout.Products;

public sealed record Product(int Number, string Name, decimal Price, string[] Notes);

/// <summary>All products; loaded once.</summary>
public sealed class ProductCatalog(Product[] products)
{
    public static ProductCatalog Load(int count) =>
        new([
            .. Enumerable
                .Range(0, count)
                .Select(n => new Product(
                    n,
                    $"Product {n}",
                    n % 900,
                    [.. Enumerable.Range(0, 8).Select(i => $"note {i} on product {n}")]
                )),
        ]);

    public Product Find(int number) => products[number % products.Length];
}
