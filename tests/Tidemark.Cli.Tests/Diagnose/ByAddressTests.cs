using Tidemark.Cli.Tests.Check;
using Tidemark.Tests;

namespace Tidemark.Cli.Tests.Diagnose;

/// <summary>A real Go service that is known by its address alone.</summary>
public sealed class ByAddressTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-address").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_go_service_is_captured_and_diagnosed_by_its_address()
    {
        await using var service = await GoService.StartAsync("subscriber-map", folder);
        var profile = Path.Combine(folder, "heap.pb.gz");

        var captured = await TidemarkRun.OfAsync("capture", "--url", $"localhost:{service.Port}", "-o", profile);
        var top = await TidemarkRun.OfAsync("top", "--sample-type", "alloc_space", profile);
        var suspects = await TidemarkRun.OfAsync("suspects", profile);
        var diagnosed = await TidemarkRun.OfAsync(
            "diagnose",
            "--url",
            $"http://localhost:{service.Port}",
            "--for",
            "10s",
            "--out",
            Path.Combine(folder, "case")
        );

        captured.Status.ShouldBe(0, captured.Error);
        top.Status.ShouldBe(0, top.Error);
        top.Output.ShouldContain("main.");
        suspects.Status.ShouldBe(0, suspects.Error);
        suspects.Output.ShouldContain("of what is live");
        diagnosed.Status.ShouldBeOneOf(0, 1, 3); // ten seconds need not be enough
        diagnosed.Output.ShouldContain($"localhost:{service.Port} (go;");
        Directory.GetFiles(Path.Combine(folder, "case"), "*.pb.gz").ShouldNotBeEmpty();
    }
}
