using Tidemark.Tests;

namespace Tidemark.Reports.Tests.Profiles;

/// <summary>Profiles of a real Go service of the zoo, taken twice with a few seconds of its load in between.</summary>
public sealed class RealProfiles : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("tidemark-pprof");

    public string HeapBefore => Path.Combine(folder.FullName, "heap-0.pb.gz");

    public string HeapAfter => Path.Combine(folder.FullName, "heap-1.pb.gz");

    public string Goroutines => Path.Combine(folder.FullName, "goroutine-1.pb.gz");

    private const string Service = "subscriber-map";

    /// <summary>Where the service's sources are.</summary>
    public static string Source => GoService.SourceOf(Service);

    public async Task InitializeAsync()
    {
        await using var service = await GoService.StartAsync(Service, folder.FullName);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{service.Port}/debug/pprof/") };
        await Task.Delay(TimeSpan.FromSeconds(3));
        await SaveAsync(client, "heap?gc=1", Path.GetFileName(HeapBefore));
        await Task.Delay(TimeSpan.FromSeconds(3));
        // One allocation in half a megabyte is sampled, and it is a matter of luck when the first one of the leak is.
        var attempts = 0;
        do
        {
            (attempts++).ShouldBeLessThan(120);
            await Task.Delay(TimeSpan.FromSeconds(0.5));
            await SaveAsync(client, "heap?gc=1", Path.GetFileName(HeapAfter));
        } while (!GoToolPprof.Knows("Subscribe", HeapBefore, HeapAfter));

        await SaveAsync(client, "goroutine", Path.GetFileName(Goroutines));
    }

    public Task DisposeAsync()
    {
        folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    private async Task SaveAsync(HttpClient client, string profile, string name) =>
        await File.WriteAllBytesAsync(
            Path.Combine(folder.FullName, name),
            await client.GetByteArrayAsync(new Uri(profile, UriKind.Relative))
        );
}
