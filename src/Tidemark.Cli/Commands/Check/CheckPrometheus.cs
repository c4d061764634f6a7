using System.Globalization;
using Tidemark.Core.Growth;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Fleet;
using Tidemark.Metrics.Prometheus.Signals;
using Tidemark.Reports.Check;

namespace Tidemark.Cli.Commands.Check;

/// <summary>A check of what a Prometheus knows.</summary>
public sealed class CheckPrometheus(PrometheusRequest asked, CheckRequest request, GrowthOptions growth, Output output)
    : IProgress<FleetProgress>
{
    private static readonly TimeSpan StandardRange = TimeSpan.FromHours(24);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private long lastLine = TimeProvider.System.GetTimestamp();

    public async Task<CheckAnswer> RunAsync(CancellationToken cancellation)
    {
        var options = new FleetOptions(asked.At ?? DateTimeOffset.UtcNow, request.Range ?? StandardRange)
        {
            Growth = growth,
            IsThorough = asked.IsThorough,
        };
        using var client = new PrometheusClient(asked.Server);
        var worst = new WorstSeries(request.Top);
        void Found(FleetProcess process) =>
            worst.Add(CheckedSeries.Of(process.History, process.Labels, process.Verdict));

        FleetSummary summary;
        if (asked.Query is { } promql)
        {
            summary = await new QueryCheck(client, options).RunAsync(promql, Found, cancellation);
        }
        else
        {
            var matchers =
                Matchers.Parse(asked.Selector!)
                ?? throw new CommandFailedException(
                    $"'{asked.Selector}' is no selector: write labels, such as '{{namespace=\"shop\"}}'"
                );
            var table = asked.Config is { } file ? SignalTable.With(file) : SignalTable.BuiltIn();
            var check = new FleetCheck(client, table, options with { Matchers = matchers }, this);
            summary = await check.RunAsync(Found, cancellation);
        }

        if (output.IsLive)
        {
            await Console.Error.WriteAsync("\r\u001b[K");
        }

        if (summary.Processes == 0)
        {
            throw new CommandFailedException(Nothing(options));
        }

        output.Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{summary.Processes} processes, {summary.Suspicious} of them looked at in detail, {client.Queries} queries"
            )
        );
        return worst.ToAnswer(summary.Warnings, summary.IsPartial);
    }

    /// <inheritdoc />
    public void Report(FleetProgress value)
    {
        lock (gate)
        {
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"{value.PartsDone} of {value.Parts} parts, {value.Processes} processes, {value.Suspicious} looked at in detail"
            );
            if (output.IsLive)
            {
                Console.Error.Write($"\r\u001b[K{line}");
            }
            else if (TimeProvider.System.GetElapsedTime(lastLine) > LineEvery)
            {
                lastLine = TimeProvider.System.GetTimestamp();
                output.Say(line);
            }
        }
    }

    private string Nothing(FleetOptions options)
    {
        var since = Core.Quantity.Duration(options.Range);
        return asked.Query is null
            ? $"no footprint of any process matches {asked.Selector} in the last {since}: try --selector '{{}}' to see all, a longer --for, or name your metrics under 'signals:' with --config"
            : $"the query gives no series in the last {since}: try it in the server's own page, or a longer --for";
    }
}
