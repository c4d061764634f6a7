namespace Acme.Exchange.Books;

/// <summary>An order that waits for its counterpart.</summary>
public sealed class Order(long number, bool isBuy, int price)
{
    public long Number { get; } = number;

    public bool IsBuy { get; } = isBuy;

    public int Price { get; } = price;

    public DateTime Since { get; } = DateTime.UtcNow;

    public byte[] Message { get; } = new byte[3000];
}
