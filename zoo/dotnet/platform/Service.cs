using System.Net.Sockets;

namespace Acme.Platform;

/// <summary>Hosts a service on a free port, drives it with load of its own, and stops it after ten minutes.</summary>
public static class Service
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public static async Task RunAsync(
        Action<WebApplicationBuilder> configure,
        Action<WebApplication> map,
        Func<Traffic, IServiceProvider, Task> drive
    )
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        configure(builder);
        await using var app = builder.Build();
        map(app);
        await app.StartAsync();
        using var traffic = new Traffic(new Uri(app.Urls.First()), app.Lifetime.ApplicationStopping);
        Console.WriteLine("ready");
        try
        {
            await Task.WhenAny(drive(traffic, app.Services), Task.Delay(Lifetime, app.Lifetime.ApplicationStopping));
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or SocketException)
        {
            // The ten minutes are over.
        }

        await app.StopAsync(CancellationToken.None);
    }
}
