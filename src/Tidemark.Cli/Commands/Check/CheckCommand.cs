using System.CommandLine;
using Tidemark.Cli.Options;

namespace Tidemark.Cli.Commands.Check;

/// <summary><c>tidemark check</c>: the verdict alone, from the graphs.</summary>
public static class CheckCommand
{
    private static readonly TimeSpan StandardWatch = TimeSpan.FromMinutes(5);

    public static Command Create()
    {
        var csv = new Option<string[]>("--csv")
        {
            Description =
                "histories as CSV: files, or directories of them; a process each, or a table of many, as Grafana exports it",
            AllowMultipleArgumentsPerToken = true,
        };
        var pids = new Option<int[]>("--pid")
        {
            Description = "processes on this machine, watched for --for",
            AllowMultipleArgumentsPerToken = true,
        };
        var range = Durations.Optional(
            "--for",
            "how far to look back (24h from Prometheus), or how long to watch (2m with --pid)"
        );
        var limit = Sizes.Option("--limit", "the memory limit where none can be read, such as 512MiB");
        var top = new Option<int?>("--top")
        {
            Description = "show so many, the worst (default: 50 as text and Markdown, all as JSON; 0 for all)",
            HelpName = "N",
        };
        var watch = new Option<TimeSpan?>("--watch")
        {
            Description = "ask again and again, every 5m or as often as it says, until Ctrl-C",
            HelpName = "DURATION",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = result => result.Tokens.Count == 0 ? StandardWatch : Durations.Parse(result),
        };
        var rules = new Option<bool>("--print-rules")
        {
            Description = "print recording and alerting rules for Prometheus, and do nothing else",
        };
        var prometheus = new PrometheusSettings();
        var command = Output.With(
            new Command("check", "The verdict alone, from the graphs: one line a series, worst first.")
            {
                csv,
                pids,
                range,
                limit,
                top,
                watch,
                rules,
            }
        );
        prometheus.AddTo(command);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var output = Output.Of(parsed);
                var request = new CheckRequest(
                    parsed.GetValue(csv) ?? [],
                    parsed.GetValue(pids) ?? [],
                    prometheus.Of(parsed),
                    parsed.GetValue(range),
                    parsed.GetValue(limit),
                    parsed.GetValue(top) ?? (output.Format == OutputFormat.Json ? 0 : 50),
                    parsed.GetResult(watch) is null ? null : parsed.GetValue(watch) ?? StandardWatch,
                    parsed.GetValue(rules)
                );
                return new CheckRun(request, output).RunAsync(cancellation);
            }
        );
        return command;
    }
}

/// <summary>What is to be checked.</summary>
public sealed record CheckRequest(
    IReadOnlyList<string> Csv,
    IReadOnlyList<int> Pids,
    PrometheusRequest? Prometheus,
    TimeSpan? Range,
    long? LimitBytes,
    int Top,
    TimeSpan? Watch,
    bool PrintRules
);
