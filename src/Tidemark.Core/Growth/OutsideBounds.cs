using Tidemark.Core.Series;

namespace Tidemark.Core.Growth;

/// <summary>How much must have grown outside of the heap, whatever part of the heap was resident.</summary>
/// <remarks>
/// A heap may have committed what it has not touched yet, or touched what it would use again. So what lies outside of it is no less than
/// the footprint without all that is committed, and no more than the footprint without what is used. What is surely there late in a watch
/// and surely was not there early in it has grown.
/// </remarks>
/// <param name="Least">The least that has grown outside of the heap, bytes; negative where nothing is sure.</param>
/// <param name="Footprint">What the footprint grew by between the same times.</param>
internal readonly record struct OutsideBounds(double Least, double Footprint)
{
    /// <summary>Early is the first half of the watch, late its last third.</summary>
    private const double Early = 0.5;
    private const double Late = 0.67;

    /// <summary>The median of fewer is no median.</summary>
    private const int FewestLate = 3;

    /// <summary>Null where the runtime does not tell what it has committed and what of that it would use again.</summary>
    public static OutsideBounds? Of(Bins bins)
    {
        if (
            bins[Signal.Footprint] is not { Low: var footprint }
            || bins[Signal.CommittedHeap] is not { Mean: var committed }
            || bins[Signal.ReusableHeap] is not { Mean: var reusable }
        )
        {
            return null;
        }

        var (most, footprintThen) = (double.PositiveInfinity, double.NaN);
        var least = new List<double>();
        var footprints = new List<double>();
        for (var i = 0; i < bins.Count; i++)
        {
            var (lower, upper) = (footprint[i] - committed[i], footprint[i] - committed[i] + reusable[i]);
            var share = (bins.Hours[i] - bins.Hours[0]) / bins.SpanHours;
            if (double.IsNaN(upper))
            {
                continue;
            }

            if (share <= Early && upper < most)
            {
                (most, footprintThen) = (upper, footprint[i]);
            }

            if (share >= Late)
            {
                least.Add(lower);
                footprints.Add(footprint[i]);
            }
        }

        if (double.IsNaN(footprintThen) || least.Count < FewestLate)
        {
            return null;
        }

        least.Sort();
        footprints.Sort();
        return new OutsideBounds(least[least.Count / 2] - most, footprints[footprints.Count / 2] - footprintThen);
    }
}
