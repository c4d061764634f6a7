using Acme.Checkout.Baskets;
using Acme.Checkout.Products;
using Acme.Platform;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(ProductCatalog.Load(30_000));
        builder.Services.AddSingleton<OpenBaskets>();
        builder.Services.AddHostedService<BasketCleanup>();
    },
    app =>
    {
        app.MapGet(
            "/fill/{customer:int}/{product:int}",
            (int customer, int product, OpenBaskets baskets, ProductCatalog catalog) =>
                baskets.Of(customer).Add(catalog.Find(product))
        );
        app.MapGet("/pay/{customer:int}", (int customer, OpenBaskets baskets) => baskets.Pay(customer));
    },
    (traffic, _) =>
        traffic.SendAsync(
            second => 40 + (3.5 * second),
            number =>
                number % 4 == 3
                    ? $"/pay/{traffic.Random.Next(2_000_000)}"
                    : $"/fill/{traffic.Random.Next(2_000_000)}/{traffic.Random.Next(30_000)}"
        )
);
