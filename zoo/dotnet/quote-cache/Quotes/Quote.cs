namespace Acme.Pricing.Quotes;

/// <summary>What a quote depends on.</summary>
public readonly record struct QuoteKey(int Customer, int Product, long Minute);

public sealed record QuoteLine(int Quantity, decimal UnitPrice, string Text);

/// <summary>A price that was worked out for one customer.</summary>
public sealed record Quote(QuoteKey Key, IReadOnlyList<QuoteLine> Lines)
{
    public decimal Total => Lines.Sum(l => l.Quantity * l.UnitPrice);
}
