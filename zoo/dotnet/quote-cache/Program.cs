using Acme.Platform;
using Acme.Pricing.Quotes;
using Acme.Pricing.Rates;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(RateTable.Load(80_000));
        builder.Services.AddSingleton<QuoteCache>();
        builder.Services.AddSingleton<RecentQuotes>();
        builder.Services.AddScoped<QuoteService>();
    },
    app =>
    {
        app.MapGet(
            "/quote/{customer:int}/{product:int}",
            (int customer, int product, QuoteService quotes) => quotes.Quote(customer, product).Total
        );
        app.MapGet("/rate/{product:int}", (int product, RateTable rates) => rates.Of(product).Name);
        app.MapGet("/recent", (RecentQuotes recent) => recent.Count);
    },
    (traffic, _) =>
        traffic.SendAsync(
            _ => 150,
            number =>
                (number % 10) switch
                {
                    < 6 => $"/quote/{traffic.Random.Next(500_000)}/{traffic.Random.Next(80_000)}",
                    < 9 => $"/rate/{traffic.Random.Next(80_000)}",
                    _ => "/recent",
                }
        )
);
