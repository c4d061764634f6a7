using Acme.Exchange.Books;

namespace Acme.Exchange.Matching;

/// <summary>Takes orders and brings them together.</summary>
public sealed class Matcher(BookDirectory books, TradeTape tape)
{
    private long numbers;

    public string Place(int book, bool isBuy, int price)
    {
        var order = new Order(Interlocked.Increment(ref numbers), isBuy, price);
        if (books.Of(book).Match(order) is not { } other)
        {
            return $"{order.Number} waits";
        }

        tape.Add(order, other);
        return $"{order.Number} meets {other.Number} at {other.Price}";
    }
}
