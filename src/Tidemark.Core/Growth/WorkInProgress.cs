using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>Tells whether the live heap comes and goes with the work, as one sees it within minutes.</summary>
/// <remarks>
/// The work in progress is counted (clients, tasks, threads), or the requests are. Memory that rises in step with the
/// requests, and by no larger a share than they do, is theirs; what leaks with each request soon rises by much more.
/// </remarks>
internal static class WorkInProgress
{
    /// <summary>The work explains at least this share of the variance of the live heap.</summary>
    private const double Explained = 0.7;

    /// <summary>And moves it by this share of its highest value.</summary>
    private const double Moved = 0.25;

    /// <summary>The same of requests, which only rise in step with it.</summary>
    private const double ExplainedByRequests = 0.6;
    private const double MovedByRequests = 0.08;

    /// <summary>Requests must have risen by this share, and memory by no larger a share than this many times theirs.</summary>
    private const double RequestsRose = 0.15;
    private const double Proportion = 1.1;

    public static bool Explains(Bins bins)
    {
        if (bins[Signal.LiveHeap] is not { } live)
        {
            return false;
        }

        foreach (var work in Explanations.OfWorkInProgress(bins))
        {
            if (Line.Of(work, live.Mean) is { } line && line.Share > Explained && line.Moved > Moved)
            {
                return true;
            }
        }

        return Explanations.SmoothRequests(bins) is { } requests
            && Line.Of(requests, live.Mean) is { } inStep
            && inStep.Share > ExplainedByRequests
            && inStep.Moved > MovedByRequests
            && inStep.WorkMoved > RequestsRose
            && inStep.Moved < Proportion * inStep.WorkMoved;
    }

    /// <summary>A straight line of memory over work.</summary>
    /// <param name="Share">The share of the variance of the memory that it explains; negative where memory falls as work rises.</param>
    /// <param name="Moved">By how much of its highest value the work moved the memory.</param>
    /// <param name="WorkMoved">By how much of its highest value the work moved.</param>
    private readonly record struct Line(double Share, double Moved, double WorkMoved)
    {
        private const int FewPoints = 8;

        public static Line? Of(double[] work, double[] memory)
        {
            var (n, sx, sy, sxx, sxy, syy, most) = (0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            var (least, highest) = (double.MaxValue, double.MinValue);
            for (var i = 0; i < work.Length; i++)
            {
                var (x, y) = (work[i], memory[i]);
                if (!double.IsNaN(y) && !double.IsNaN(x))
                {
                    (n, sx, sy) = (n + 1, sx + x, sy + y);
                    (sxx, sxy, syy) = (sxx + (x * x), sxy + (x * y), syy + (y * y));
                    (least, highest, most) = (Math.Min(least, x), Math.Max(highest, x), Math.Max(most, y));
                }
            }

            var (varianceX, covariance, varianceY) = (sxx - (sx * sx / n), sxy - (sx * sy / n), syy - (sy * sy / n));
            return n <= FewPoints || !(varianceX > 0) || !(varianceY > 0)
                ? null
                : new Line(
                    Math.Sign(covariance) * covariance * covariance / (varianceX * varianceY),
                    covariance / varianceX * (highest - least) / most,
                    (highest - least) / highest
                );
        }
    }
}
