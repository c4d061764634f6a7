using System.CommandLine;
using Tidemark.Cli.Options;
using Tidemark.Diagnosis.Watching;
using Tidemark.Runtimes;

namespace Tidemark.Cli.Commands;

/// <summary><c>tidemark diagnose</c>: the whole checklist on one live process.</summary>
public static class DiagnoseCommand
{
    public static Command Create()
    {
        var pid = new Option<int?>("--pid") { Description = "the process to diagnose" };
        var url = Addresses.Option("--url", "where the service serves its profiles, such as http://localhost:6060");
        var started = new Argument<string[]>("COMMAND")
        {
            Description = "after --: a command to start and diagnose",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var duration = Durations.Option(
            "--for",
            "how long to watch at the most (what runs then may take a minute more, and four times its expected pause)",
            new WatchOptions().For
        );
        var maxPause = Durations.Option(
            "--max-pause",
            "take no capture that stops the target for longer",
            new WatchOptions().MaxPause
        );
        var runtime = new Option<string?>("--runtime")
        {
            Description = "auto, " + string.Join(", ", KnownRuntimes.All.Select(r => r.Name)),
        };
        var limit = Sizes.Option("--limit", "the memory limit where none can be read, such as 512MiB");
        var folder = new Option<string?>("--out", "-o")
        {
            Description = "the case folder (default: tidemark-NAME-TIME here)",
        };
        var resume = new Option<string?>("--resume")
        {
            Description = "go on with the case in this folder, or analyse what it has",
        };
        var graphsOnly = new Option<bool>("--no-captures") { Description = "answer from the graphs alone" };
        var release = new Option<bool>("--try")
        {
            Description =
                "at the end, have the process give back what it can spare (a full collection, malloc_trim) and say how much that was",
        };
        var command = Output.With(
            new Command(
                "diagnose",
                "The whole checklist on one live process: watch, verdict, captures, diff, suspects, report."
            )
            {
                pid,
                url,
                started,
                duration,
                maxPause,
                runtime,
                limit,
                folder,
                resume,
                graphsOnly,
                release,
            }
        );
        command.SetAction(
            (parsed, cancellation) =>
            {
                var request = new DiagnoseRequest(
                    parsed.GetValue(pid),
                    parsed.GetValue(url),
                    parsed.GetValue(started) ?? [],
                    WorkingDirectory: null,
                    parsed.GetValue(runtime) is "auto" ? null : parsed.GetValue(runtime),
                    parsed.GetValue(folder),
                    parsed.GetValue(resume),
                    new WatchOptions
                    {
                        For = parsed.GetValue(duration),
                        MaxPause = parsed.GetValue(maxPause),
                        LimitBytes = parsed.GetValue(limit),
                        Captures = !parsed.GetValue(graphsOnly),
                        TryRelease = parsed.GetValue(release),
                    }
                );
                return new DiagnoseRun(request, Output.Of(parsed)).RunAsync(cancellation);
            }
        );
        return command;
    }
}
