using Acme.Payments.Merchants;
using Acme.Payments.Processing;
using Acme.Platform;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(MerchantRegister.Load(30_000));
        builder.Services.AddSingleton<AttemptsUnderWay>();
        builder.Services.AddSingleton<Acquirer>();
        builder.Services.AddScoped<PaymentProcessor>();
    },
    app =>
    {
        app.MapGet(
            "/pay/{merchant:int}/{cents:int}",
            async (int merchant, int cents, PaymentProcessor processor) => await processor.PayAsync(merchant, cents)
        );
        app.MapGet("/merchant/{number:int}", (int number, MerchantRegister merchants) => merchants.Find(number).Name);
        app.MapGet("/under-way", (AttemptsUnderWay attempts) => attempts.Count);
    },
    async (traffic, _) =>
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    traffic.SendAsync(
                        _ => 35,
                        number =>
                            (number % 5) switch
                            {
                                < 2 => $"/pay/{traffic.Random.Next(30_000)}/{traffic.Random.Next(100, 90_000)}",
                                < 4 => $"/merchant/{traffic.Random.Next(30_000)}",
                                _ => "/under-way",
                            }
                    )
                )
        )
);
