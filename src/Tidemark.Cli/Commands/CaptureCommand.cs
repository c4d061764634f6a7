using System.CommandLine;
using Tidemark.Cli.Options;
using Tidemark.Core;
using Tidemark.Diagnosis.Watching;
using Tidemark.Runtimes;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark capture</c>: one heap capture, with its cost said before and after.</summary>
public static class CaptureCommand
{
    public static Command Create()
    {
        var pid = new Option<int?>("--pid") { Description = "the process to capture" };
        var url = Addresses.Option("--url", "where the service serves its profiles");
        var file = new Option<string>("--out", "-o") { Description = "the new file", Required = true };
        var runtime = new Option<string?>("--runtime")
        {
            Description = "auto, " + string.Join(", ", KnownRuntimes.All.Select(r => r.Name)),
        };
        var method = new Option<string?>("--method")
        {
            Description = "which of the runtime's captures (default: the fullest picture of the heap)",
        };
        var maxPause = Durations.Option(
            "--max-pause",
            "refuse a capture that stops the target for longer",
            TimeSpan.FromMinutes(1)
        );
        var command = Output.With(
            new Command("capture", "One heap capture: says beforehand what it costs, afterwards what it cost.")
            {
                pid,
                url,
                file,
                runtime,
                method,
                maxPause,
            }
        );
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                if (parsed.GetValue(pid) is null == parsed.GetValue(url) is null)
                {
                    throw new CommandFailedException("name one target: --pid N or --url URL");
                }

                var target = parsed.GetValue(pid) is { } p
                    ? TargetFinder.OfPid(p)
                    : TargetFinder.OfUrl(parsed.GetValue(url)!);
                var name = parsed.GetValue(runtime) is "auto" ? null : parsed.GetValue(runtime);
                await CaptureAsync(
                    target,
                    name,
                    parsed.GetRequiredValue(file),
                    parsed.GetValue(method),
                    parsed.GetValue(maxPause),
                    output,
                    cancellation
                );
                return ExitStatus.Healthy;
            }
        );
        return command;
    }

    private static async Task CaptureAsync(
        Target target,
        string? runtimeName,
        string path,
        string? methodName,
        TimeSpan maxPause,
        Output output,
        CancellationToken cancellation
    )
    {
        if (File.Exists(path))
        {
            throw new CommandFailedException($"{path}: exists already: name a new file");
        }

        var runtime = await TargetFinder.RuntimeOfAsync(target, runtimeName, cancellation);
        await using var session = await runtime.AttachAsync(target, cancellation);
        var method = Choose(session.Methods, methodName);
        var estimate = await session.EstimateAsync(method, cancellation);
        output.Say(
            $"{method.Title} of {target.Name}: it may stop for {Quantity.Duration(estimate.Pause)} and need {Quantity.Bytes(estimate.TargetBytes)} more memory; the file takes about {Quantity.Bytes(estimate.DiskBytes)}"
        );
        if (estimate.Pause > maxPause)
        {
            throw new CaptureFailedException(
                $"not taken: the expected pause of {Quantity.Duration(estimate.Pause)} is longer than --max-pause {Quantity.Duration(maxPause)}"
            );
        }

        var outcome = await session.CaptureAsync(method, path, cancellation);
        var pause = outcome.Pause is { } measured
            ? $"the target stood still for {Quantity.Duration(measured)}"
            : "the pause cannot be measured";
        foreach (var note in outcome.Notes)
        {
            output.Say($"note: {note}");
        }

        output.Say($"{path}: {Quantity.Bytes(new FileInfo(path).Length)}; {pause}");
    }

    /// <summary>The capture that was named, or the last (fullest) one that shows the heap.</summary>
    private static CaptureMethod Choose(IReadOnlyList<CaptureMethod> methods, string? name)
    {
        var names = string.Join(", ", methods.Select(m => m.Name));
        return name is null
            ? methods.LastOrDefault(m => m is { Role: CaptureRole.Heap, OnRequest: false })
                ?? methods.LastOrDefault(m => !m.OnRequest)
                ?? throw new CaptureFailedException("this process offers no capture")
            : methods.FirstOrDefault(m => m.Name == name)
                ?? throw new CommandFailedException($"unknown method '{name}': this process offers {names}");
    }
}
