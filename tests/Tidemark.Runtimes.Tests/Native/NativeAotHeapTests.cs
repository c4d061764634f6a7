using System.Diagnostics;
using System.Globalization;
using Tidemark.Core.Series;
using Tidemark.Runtimes.Native;
using Tidemark.Tests;

namespace Tidemark.Runtimes.Tests.Native;

/// <summary>A real .NET program that was compiled to native code: what is read in its memory against what it knows of itself.</summary>
public sealed class NativeAotHeapTests : IDisposable
{
    private const string Program = """
        var kept = new List<byte[]>();
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } kibibytes)
        {
            for (var i = int.Parse(kibibytes); i > 0; i--)
            {
                kept.Add(new byte[1000]);
            }

            GC.Collect();
            var generations = GC.GetGCMemoryInfo().GenerationInfo;
            var survived = 0L;
            for (var g = 1; g < generations.Length; g++)
            {
                survived += generations[g].SizeAfterBytes;
            }

            Console.WriteLine(survived);
        }

        GC.KeepAlive(kept);
        """;

    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <PublishAot>true</PublishAot>
            <InvariantGlobalization>true</InvariantGlobalization>
            <ConcurrentGarbageCollection>false</ConcurrentGarbageCollection>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
        </Project>
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-aot-heap-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_survived_a_collection_is_told_and_before_the_first_one_that_there_was_none()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), Program);
        await File.WriteAllTextAsync(Path.Combine(folder, "program.csproj"), Project);
        Tool.Run(
            "dotnet",
            [
                "publish",
                folder,
                .. (string[])["--use-current-runtime", "--nologo", "-v", "quiet", "-nodeReuse:false"],
                .. (string[])["-o", Path.Combine(folder, "out")],
            ]
        );
        using var process = Process.Start(
            new ProcessStartInfo(Path.Combine(folder, "out", "program"))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        try
        {
            (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
            await using var session = await new NativeRuntime().AttachAsync(new(process.Id, null, "program"), default);

            var young = await SampleAsync(session, Signal.GcCount);
            young[Signal.GcCount].ShouldBe(0);
            young.Has(Signal.LiveHeap).ShouldBeFalse();

            foreach (var kibibytes in (int[])[2_000, 20_000])
            {
                await process.StandardInput.WriteLineAsync(kibibytes.ToString(CultureInfo.InvariantCulture));
                await process.StandardInput.FlushAsync();
                var survived = long.Parse(
                    (await process.StandardOutput.ReadLineAsync())!,
                    CultureInfo.InvariantCulture
                );
                survived.ShouldBeGreaterThan(kibibytes * 1000L);

                var sample = await SampleAsync(session, Signal.LiveHeap);
                sample[Signal.LiveHeap].ShouldBe(survived);
                sample[Signal.CommittedHeap].ShouldBeGreaterThan(survived * 0.99);
                sample[Signal.ReusableHeap].ShouldBe(sample[Signal.CommittedHeap] - survived, tolerance: 1 << 20);
            }
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>The first sample that has a signal: they are read as often as their cost allows.</summary>
    private static async Task<SignalSample> SampleAsync(RuntimeSession session, Signal signal)
    {
        for (var attempt = 0; attempt < 600; attempt++)
        {
            var sample = new SignalSample();
            await session.SampleAsync(sample, default);
            if (sample.Has(signal))
            {
                return sample;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"no {signal}");
    }
}
