using Acme.Platform;
using Acme.Scans.Documents;
using Acme.Scans.Imaging;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(DocumentIndex.Load(70_000));
        builder.Services.AddSingleton<BitmapPool>();
        builder.Services.AddSingleton<ScanIntake>();
    },
    app =>
    {
        app.MapGet("/scan/{page:int}", (int page, ScanIntake intake) => intake.Take(page));
        app.MapGet("/document/{number:int}", (int number, DocumentIndex index) => index.Find(number).Title);
    },
    (traffic, _) =>
        traffic.SendAsync(
            _ => 120,
            number =>
                number % 3 == 0 ? $"/document/{traffic.Random.Next(70_000)}" : $"/scan/{traffic.Random.Next(1_000_000)}"
        )
);
