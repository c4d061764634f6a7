namespace Acme.Exchange.Books;

/// <summary>The books of all securities; loaded once.</summary>
public sealed class BookDirectory(OrderBook[] books)
{
    public IReadOnlyList<OrderBook> All => books;

    public static BookDirectory Load(int count) =>
        new([.. Enumerable.Range(0, count).Select(n => new OrderBook($"SYM{n:0000}"))]);

    public OrderBook Of(int book) => books[book % books.Length];
}
