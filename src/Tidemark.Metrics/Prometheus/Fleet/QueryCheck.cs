using System.Globalization;
using Tidemark.Core.Growth;
using Tidemark.Core.Series;
using Tidemark.Metrics.Prometheus.Api;
using Tidemark.Metrics.Prometheus.Signals;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>Judges the series that a query of the user's gives: their footprints, and nothing else is known of them.</summary>
public sealed class QueryCheck(PrometheusClient client, FleetOptions asked)
{
    /// <summary>An answer that is too large in detail is asked for with so many times fewer instants, twice at most.</summary>
    private static readonly int[] Coarsenings = [1, 4, 16];

    private FleetOptions options = asked;

    /// <summary>Judges the series.</summary>
    /// <exception cref="PrometheusException">The query has no answer.</exception>
    public async Task<FleetSummary> RunAsync(string promql, Action<FleetProcess> found, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(found);
        var warnings = new FleetWarnings();
        var interval = await ScrapeInterval.OfAsync(client, promql, options.End, cancellation);
        options = options with { ScrapeInterval = interval ?? options.ScrapeInterval };
        var (series, grid, isPartial) = await FetchAsync(promql, warnings, cancellation);
        var names = Names(series);
        foreach (var (one, name) in series.Zip(names))
        {
            var builder = new ProcessHistoryBuilder(name);
            var sample = new SignalSample();
            for (var i = 0; i < grid.Count; i++)
            {
                if (double.IsFinite(one.Values[i]))
                {
                    sample[Signal.Footprint] = one.Values[i];
                    builder.Add(grid.TimeOf(i), sample);
                }
            }

            var history = builder.ToHistory();
            found(
                new FleetProcess(
                    history.Name,
                    one.Labels,
                    history,
                    GrowthAnalyzer.Analyze(history, options.Growth),
                    [promql]
                )
            );
        }

        return new FleetSummary(series.Count, series.Count, warnings.ToList(), isPartial);
    }

    private async Task<(IReadOnlyList<GridSeries> Series, TimeGrid Grid, bool IsPartial)> FetchAsync(
        string promql,
        FleetWarnings warnings,
        CancellationToken cancellation
    )
    {
        foreach (var coarsening in Coarsenings)
        {
            var grid = TimeGrid.Before(options.End, options.Range, options.Detail.Step * coarsening);
            try
            {
                var answer = await client.QueryRangeAsync(promql, grid, null, cancellation);
                foreach (var warning in answer.Warnings)
                {
                    warnings.Add($"the server warns: {warning}");
                }

                return (answer.Series, grid, answer.IsPartial);
            }
            catch (PrometheusException e) when (e.Failure is PrometheusFailure.TooLong)
            {
                // Fewer instants would look back as far: piece after piece.
                var fetch = new RangeFetch(client, warnings);
                var (series, isPartial) = await fetch.AskAsync("the query", _ => promql, [], grid, null, cancellation);
                if (series.Count == 0)
                {
                    throw;
                }

                return (series, grid, isPartial);
            }
            catch (PrometheusException e) when (e.MayPassInParts && coarsening != Coarsenings[^1])
            {
                warnings.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"too large at a step of {grid.Step} s, asked for at a longer one ({e.Message})"
                    )
                );
            }
        }

        throw new InvalidOperationException("the last attempt returns or throws");
    }

    /// <summary>What people call each process; all the labels of those that this does not tell apart.</summary>
    private static List<string> Names(IReadOnlyList<GridSeries> series)
    {
        var table = SignalTable.BuiltIn();
        var names = series.Select(s => ProcessIdentity.Of(s.Labels, table, isNamed: true).Target).ToList();
        var twice = names.CountBy(n => n).Where(n => n.Value > 1).Select(n => n.Key).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == ProcessIdentity.Unnamed || twice.Contains(names[i]))
            {
                names[i] = series[i].Labels.ToString();
            }
        }

        return names;
    }
}
