namespace Acme.Depth.Securities;

public sealed record Security(int Number, string Name, string Isin, decimal[] Ticks);

/// <summary>All securities; loaded once.</summary>
public sealed class SecurityMaster
{
    private readonly Dictionary<int, Security> securities = [];

    public static SecurityMaster Load(int count)
    {
        var master = new SecurityMaster();
        for (var n = 0; n < count; n++)
        {
            var ticks = new decimal[24];
            Array.Fill(ticks, n / 100m);
            master.securities.Add(n, new Security(n, $"Security {n}", $"XS{n:0000000000}", ticks));
        }

        return master;
    }

    public Security Find(int number) => securities[number % securities.Count];
}
