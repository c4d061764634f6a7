using System.Globalization;
using Spectre.Console;
using Tidemark.Core;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Diagnosis.Watching;
using Tidemark.Reports;
using Tidemark.Reports.Text;

namespace Tidemark.Cli.Live;

/// <summary>Shows a watch while it goes on: a live panel on a terminal, a line now and then elsewhere, nothing with --quiet.</summary>
public sealed class WatchView(Output output, string title) : IProgress<WatchProgress>
{
    private static readonly Signal[] Shown =
    [
        Signal.Footprint,
        Signal.LiveHeap,
        Signal.CommittedHeap,
        Signal.Tasks,
        Signal.Limit,
    ];

    private const int GraphWidth = 48;

    // Without a terminal, a line this often says that it is still at work.
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(30);

    private LiveDisplayContext? display;
    private string? lastDoing;
    private TimeSpan lastLine = TimeSpan.MinValue;

    /// <summary>Runs a watch and shows it.</summary>
    public async Task<ProcessHistory> RunAsync(Watch watch, CancellationToken enough)
    {
        ArgumentNullException.ThrowIfNull(watch);
        if (!output.IsLive)
        {
            return await watch.RunAsync(enough);
        }

        return await output
            .Progress.Live(new Markup($"attaching to {Markup.Escape(title)} ..."))
            .AutoClear(true)
            .StartAsync(async context =>
            {
                display = context;
                try
                {
                    return await watch.RunAsync(enough);
                }
                finally
                {
                    display = null;
                }
            });
    }

    /// <inheritdoc />
    public void Report(WatchProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (display is { } live)
        {
            live.UpdateTarget(Draw(value));
            live.Refresh();
        }
        else if (value.Doing != lastDoing || value.Elapsed - lastLine >= LineEvery)
        {
            lastDoing = value.Doing;
            lastLine = value.Elapsed;
            output.Say(
                $"{Quantity.Duration(TimeSpan.FromSeconds(Math.Round(value.Elapsed.TotalSeconds)))}: {value.Doing}; so far {ContractNames.Of(value.Verdict.Kind)}"
            );
        }
    }

    private Panel Draw(WatchProgress now)
    {
        var rows = new Grid().AddColumn().AddColumn().AddColumn();
        foreach (var signal in Shown)
        {
            if (!now.History.Has(signal))
            {
                continue;
            }

            var values = now.History.Values(signal);
            rows.AddRow(
                new Markup($"[grey]{signal.Describe().Name}[/]"),
                new Markup(signal == Signal.Limit ? "" : $"[aqua]{Sparkline.Of(values, GraphWidth)}[/]"),
                new Text(Figure(signal, Sparkline.Last(values)))
            );
        }

        var kind = ContractNames.Of(now.Verdict.Kind);
        var color =
            now.Verdict.IsLeaking ? "red"
            : now.Verdict.Kind == GrowthKind.Inconclusive ? "yellow"
            : "green";
        var rate = Sentences.Rate(now.Verdict) is { } r ? $", footprint {r}" : "";
        var elapsed = Quantity.Duration(TimeSpan.FromSeconds(Math.Round(now.Elapsed.TotalSeconds)));
        return new Panel(
            new Rows(
                rows,
                new Markup($"so far [{color}]{kind}[/]{Markup.Escape(rate)}"),
                new Markup(
                    $"[grey]{Markup.Escape(now.Doing)}; {elapsed} of {Quantity.Duration(now.For)}; Ctrl-C for the best answer so far[/]"
                )
            )
        ).Header($" {Markup.Escape(title)} ");
    }

    private static string Figure(Signal signal, double value) =>
        signal.Describe().Unit == "bytes" ? Quantity.Bytes(value)
        : double.IsNaN(value) ? ""
        : value.ToString("N0", CultureInfo.InvariantCulture);
}
