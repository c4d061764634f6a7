using Acme.Depth.Depth;
using Acme.Depth.Securities;
using Acme.Platform;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(SecurityMaster.Load(40_000));
        builder.Services.AddSingleton(_ => DepthBoard.Open(1_600));
        builder.Services.AddSingleton<DepthBuilder>();
    },
    app =>
    {
        app.MapGet("/depth/{book:int}", (int book, DepthBuilder depth) => depth.Take(book));
        app.MapGet("/best/{book:int}", (int book, DepthBoard board) => board.Of(book)?.Best ?? 0);
        app.MapGet("/security/{number:int}", (int number, SecurityMaster securities) => securities.Find(number).Name);
    },
    (traffic, _) =>
        traffic.SendAsync(
            _ => 96,
            number =>
                (number % 8) switch
                {
                    0 => $"/depth/{traffic.Random.Next(1_600)}",
                    < 5 => $"/best/{traffic.Random.Next(1_600)}",
                    _ => $"/security/{traffic.Random.Next(40_000)}",
                }
        )
);
