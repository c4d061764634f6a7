using Acme.Exchange.Books;
using Acme.Exchange.Matching;
using Acme.Platform;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(BookDirectory.Load(4_000));
        builder.Services.AddSingleton<TradeTape>();
        builder.Services.AddSingleton<Matcher>();
        builder.Services.AddHostedService<Expiry>();
    },
    app =>
    {
        app.MapGet(
            "/order/{book:int}/{side}/{price:int}",
            (int book, string side, int price, Matcher matcher) => matcher.Place(book, side == "buy", price)
        );
        app.MapGet("/book/{book:int}", (int book, BookDirectory books) => books.Of(book).Describe());
        app.MapGet("/tape", (TradeTape tape) => tape.Summary());
    },
    (traffic, _) =>
        traffic.SendAsync(
            _ => 250,
            number =>
                (number % 10) switch
                {
                    < 7 =>
                        $"/order/{traffic.Random.Next(400)}/{(number % 2 == 0 ? "buy" : "sell")}/{traffic.Random.Next(90, 110)}",
                    < 9 => $"/book/{traffic.Random.Next(4_000)}",
                    _ => "/tape",
                }
        )
);
