using Acme.Devices.Fleet;
using Acme.Devices.Links;
using Acme.Platform;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(DeviceModels.Load(25_000));
        builder.Services.AddSingleton<Switchboard>();
        builder.Services.AddSingleton<SignalLog>();
    },
    app =>
    {
        app.MapGet("/connect/{device:int}", (int device, Switchboard links) => links.Connect(device).Model.Name);
        app.MapGet(
            "/report/{device:int}/{value:int}",
            (int device, int value, Switchboard l) => l.Report(device, value)
        );
        app.MapGet("/hang-up/{device:int}", (int device, Switchboard links) => links.HangUp(device));
    },
    (traffic, _) =>
        traffic.SendAsync(
            _ => 160,
            number =>
                (number % 4) switch
                {
                    0 => $"/connect/{number / 4}",
                    1 or 2 => $"/report/{(number / 4) - traffic.Random.Next(60)}/{traffic.Random.Next(1000)}",
                    _ => $"/hang-up/{(number / 4) - 60}",
                }
        )
);
