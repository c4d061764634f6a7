using Acme.Platform;
using Acme.Trading.Alerts;
using Acme.Trading.Feed;
using Acme.Trading.Instruments;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(InstrumentCatalog.Load(60_000));
        builder.Services.AddSingleton<SessionDirectory>();
        builder.Services.AddSingleton<AlertHistory>();
        builder.Services.AddHostedService<MarketFeed>();
    },
    app =>
    {
        app.MapGet("/alerts/open/{user:int}", (int user, SessionDirectory sessions) => sessions.Open(user).Describe());
        app.MapGet(
            "/alerts/close/{user:int}",
            (int user, SessionDirectory sessions) => sessions.Close(user) ? Results.Ok() : Results.NotFound()
        );
        app.MapGet("/instruments/{symbol}", (string symbol, InstrumentCatalog catalog) => catalog.Find(symbol)?.Name);
    },
    (traffic, _) =>
        traffic.SendAsync(
            _ => 180,
            number =>
                (number % 3) switch
                {
                    0 => $"/alerts/open/{number / 3}",
                    1 => $"/alerts/close/{(number / 3) - 40}",
                    _ => $"/instruments/S{traffic.Random.Next(60_000)}",
                }
        )
);
