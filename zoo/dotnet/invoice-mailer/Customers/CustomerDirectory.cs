namespace Acme.Invoicing.Customers;

public sealed record Customer(int Number, string Name, string[] Address, Dictionary<int, decimal> Turnover);

/// <summary>All customers; loaded once.</summary>
public sealed class CustomerDirectory(IReadOnlyList<Customer> all)
{
    public static CustomerDirectory Load(int count) =>
        new([
            .. Enumerable
                .Range(0, count)
                .Select(n => new Customer(
                    n,
                    $"Customer {n}",
                    [$"Street {n % 400}", $"{n % 99_999:00000} Town", "Country"],
                    Enumerable.Range(2000, 20).ToDictionary(year => year, year => (decimal)(year + n))
                )),
        ]);

    public Customer Find(int number) => all[number % all.Count];
}
