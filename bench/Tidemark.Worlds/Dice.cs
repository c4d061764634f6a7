namespace Tidemark.Worlds;

/// <summary>Seeded randomness that gives the same worlds on every machine (splitmix64).</summary>
public sealed class Dice(ulong seed)
{
    private ulong state = seed * 0x9E3779B97F4A7C15;

    public double Uniform()
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        return (z >> 11) * (1.0 / (1UL << 53));
    }

    public double Between(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>Spread evenly over the magnitudes between two bounds.</summary>
    public double Magnitude(double low, double high) => Math.Exp(Between(Math.Log(low), Math.Log(high)));

    public bool Chance(double odds) => Uniform() < odds;

    public int Count(int low, int high) => low + (int)(Uniform() * (high - low + 1));

    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>Heavy-tailed noise (Student with about three degrees of freedom, unit scale).</summary>
    public double HeavyTailed()
    {
        var chi = 0.0;
        for (var i = 0; i < 3; i++)
        {
            chi += Math.Pow(Normal(), 2);
        }

        return Normal() / Math.Sqrt(Math.Max(chi / 3, 0.05));
    }

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[(int)(Uniform() * choices.Length)];
}
