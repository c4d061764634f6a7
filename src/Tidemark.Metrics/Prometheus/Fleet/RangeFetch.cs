using Tidemark.Metrics.Prometheus.Api;

namespace Tidemark.Metrics.Prometheus.Fleet;

/// <summary>Range queries that are cut into smaller ones where the server (or our own bound) finds them too large: by series first, then by time.</summary>
internal sealed class RangeFetch(PrometheusClient client, FleetWarnings warnings)
{
    /// <summary>A query of fewer instants than this is not worth cutting.</summary>
    private const int FewestInstants = 16;

    /// <summary>Asks for the series of some values of a label.</summary>
    /// <param name="what">What is asked for, in the words of a warning.</param>
    /// <param name="promql">The query for a list of values.</param>
    /// <param name="values">The values; empty where the query has none to be cut by.</param>
    /// <param name="grid">When.</param>
    /// <param name="keep">The labels that are wanted; null for all.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The series that could be had, and whether any could not.</returns>
    public async Task<(List<GridSeries> Series, bool IsPartial)> AskAsync(
        string what,
        Func<IReadOnlyList<string>, string> promql,
        IReadOnlyList<string> values,
        TimeGrid grid,
        IReadOnlySet<string>? keep,
        CancellationToken cancellation
    )
    {
        var series = new List<GridSeries>();
        var pieces = new Stack<(IReadOnlyList<string> Values, TimeGrid Grid)>([(values, grid)]);
        var isPartial = false;
        var isCutInTime = false;
        while (pieces.TryPop(out var piece))
        {
            try
            {
                var answer = await client.QueryRangeAsync(promql(piece.Values), piece.Grid, keep, cancellation);
                foreach (var warning in answer.Warnings)
                {
                    warnings.Add($"{what}: the server warns: {warning}");
                }

                isPartial |= answer.IsPartial;
                series.AddRange(
                    piece.Grid == grid
                        ? answer.Series
                        : answer.Series.Select(s => new GridSeries(s.Labels, Widen(s.Values, piece.Grid, grid)))
                );
            }
            catch (PrometheusException e)
                when (e.MayPassInParts && e.Failure != PrometheusFailure.TooLong && piece.Values.Count > 1)
            {
                var half = piece.Values.Count / 2;
                pieces.Push(([.. piece.Values.Skip(half)], piece.Grid));
                pieces.Push(([.. piece.Values.Take(half)], piece.Grid));
            }
            catch (PrometheusException e)
                when (e.MayPassInParts
                    && piece.Grid.Count >= (e.Failure == PrometheusFailure.TooLong ? 2 : 2 * FewestInstants)
                )
            {
                var (first, second) = piece.Grid.Halves();
                pieces.Push((piece.Values, second));
                pieces.Push((piece.Values, first));
                isCutInTime = true;
            }
            catch (PrometheusException e)
            {
                isPartial = true;
                warnings.Failed(e, $"{what}{Which(piece.Values)}: missing: {e.Message}");
            }
        }

        return (isCutInTime ? Join(series) : series, isPartial);
    }

    private static string Which(IReadOnlyList<string> values) =>
        values.Count switch
        {
            0 => "",
            1 => $" of {values[0]}",
            var n => $" of {values[0]} and {n - 1} more",
        };

    private static double[] Widen(double[] values, TimeGrid from, TimeGrid to)
    {
        var wide = new double[to.Count];
        Array.Fill(wide, double.NaN);
        values.CopyTo(wide, to.IndexOf(from.Start));
        return wide;
    }

    /// <summary>Puts the pieces of each series together.</summary>
    private static List<GridSeries> Join(List<GridSeries> pieces)
    {
        var whole = new Dictionary<string, GridSeries>(StringComparer.Ordinal);
        foreach (var piece in pieces)
        {
            if (!whole.TryAdd(piece.Labels.ToString(), piece))
            {
                var values = whole[piece.Labels.ToString()].Values;
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = double.IsNaN(values[i]) ? piece.Values[i] : values[i];
                }
            }
        }

        return [.. whole.Values];
    }
}

/// <summary>What went wrong on the way, each sentence once and not without end.</summary>
internal sealed class FleetWarnings
{
    private const int Most = 50;

    private readonly Lock gate = new();
    private readonly List<string> warnings = [];
    private int more;

    public PrometheusException? First { get; private set; }

    public void Failed(PrometheusException failure, string warning)
    {
        lock (gate)
        {
            First ??= failure;
        }

        Add(warning);
    }

    public void Add(string warning)
    {
        lock (gate)
        {
            if (warnings.Contains(warning))
            {
                return;
            }

            if (warnings.Count < Most)
            {
                warnings.Add(warning);
            }
            else
            {
                more++;
            }
        }
    }

    public IReadOnlyList<string> ToList()
    {
        lock (gate)
        {
            return more == 0 ? [.. warnings] : [.. warnings, $"{more} more warnings of this kind"];
        }
    }
}
