namespace Acme.Pricing.Rates;

public sealed record Rate(int Product, string Name, decimal Base, decimal[] Steps);

/// <summary>The price list; loaded once and large.</summary>
public sealed class RateTable
{
    private readonly Dictionary<int, Rate> byProduct = [];

    public static RateTable Load(int products)
    {
        var table = new RateTable();
        var random = new Random(11);
        for (var product = 0; product < products; product++)
        {
            var steps = new decimal[60];
            for (var i = 0; i < steps.Length; i++)
            {
                steps[i] = 1 - (i * 0.005m);
            }

            table.byProduct.Add(product, new Rate(product, $"Article {product:000000}", random.Next(1, 900), steps));
        }

        return table;
    }

    public Rate Of(int product) => byProduct[product % byProduct.Count];
}
