namespace Acme.Invoicing.Customers;

/// <summary>What one request wants to know of customers; lives as long as the request.</summary>
public sealed class CustomerLookup(CustomerDirectory directory) : IDisposable
{
    private readonly Dictionary<int, Customer> seen = [];

    public string Name(int number)
    {
        if (!seen.TryGetValue(number, out var customer))
        {
            seen.Add(number, customer = directory.Find(number));
        }

        return customer.Name;
    }

    public void Dispose() => seen.Clear();
}
