namespace Acme.Payments.Merchants;

public sealed record Merchant(int Number, string Name, string Account, Dictionary<string, string> Contract);

/// <summary>All merchants; loaded once.</summary>
public sealed class MerchantRegister(IReadOnlyList<Merchant> all)
{
    public static MerchantRegister Load(int count) =>
        new([
            .. Enumerable
                .Range(0, count)
                .Select(n => new Merchant(
                    n,
                    $"Merchant {n}",
                    $"DE{n:00000000000000000000}",
                    Enumerable.Range(0, 14).ToDictionary(i => $"clause-{i}", i => $"text {i} of the contract of {n}")
                )),
        ]);

    public Merchant Find(int number) => all[number % all.Count];
}
