namespace Tidemark.Core.Growth;

/// <summary>A hypothesis of how memory grew, as one or two elementary courses.</summary>
/// <param name="Shape">Its shape in the words of the contract.</param>
/// <param name="Parts">The elementary courses that it adds up.</param>
internal sealed record GrowthCourse(GrowthShape Shape, GrowthBasis[] Parts)
{
    /// <summary>All hypotheses that a history is held against, the flat one first.</summary>
    public static List<GrowthCourse> All(Bins bins)
    {
        var span = Math.Max(bins.Hours[^1] - bins.Hours[0], 1e-9);
        var end = bins.Ages[^1];
        var linear = GrowthBasis.OfAge(bins, span, a => a / span, _ => 1 / span);
        var square = GrowthBasis.OfAge(bins, span, a => a / span * (a / span), a => 2 * a / span / span);
        var courses = new List<GrowthCourse>
        {
            new(GrowthShape.Flat, []),
            new(GrowthShape.Linear, [linear]),
            new(GrowthShape.Accelerating, [square]),
            new(GrowthShape.Accelerating, [linear, square]),
        };
        foreach (var part in (double[])[0.03, 0.06, 0.12, 0.25, 0.5])
        {
            var tau = part * span;
            var levelling = GrowthBasis.OfAge(bins, span, a => 1 - Math.Exp(-a / tau), a => Math.Exp(-a / tau) / tau);
            courses.Add(new(GrowthShape.Logarithmic, [levelling]));
            if (part < 0.2)
            {
                courses.Add(new(GrowthShape.Linear, [levelling, linear]));
            }
        }

        foreach (var power in (double[])[0.35, 0.5, 0.65, 0.8])
        {
            courses.Add(
                new(
                    GrowthShape.Logarithmic,
                    [
                        GrowthBasis.OfAge(
                            bins,
                            span,
                            a => Math.Pow(a / span, power),
                            a => power * Math.Pow(Math.Max(a, 1e-9) / span, power) / Math.Max(a, 1e-9)
                        ),
                    ]
                )
            );
        }

        for (var k = 1; k < 8; k++)
        {
            var since = end - (span * k / 8);
            if (since <= 0.02 * span)
            {
                break;
            }

            var late = GrowthBasis.OfAge(bins, span, a => Math.Max(0, a - since) / span, _ => 1 / span);
            var capped = GrowthBasis.OfAge(bins, span, a => Math.Min(a, since) / since, _ => 0);
            var step = GrowthBasis.OfAge(bins, span, a => a >= since ? 1 : 0, _ => 0);
            courses.Add(new(GrowthShape.Linear, [late]));
            courses.Add(new(GrowthShape.Logarithmic, [capped]));
            courses.Add(new(GrowthShape.Step, [step]));
            courses.Add(new(GrowthShape.Step, [step, linear]));
        }

        return courses;
    }
}
