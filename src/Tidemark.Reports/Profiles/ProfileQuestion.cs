using Tidemark.Core.Allocation;

namespace Tidemark.Reports.Profiles;

/// <summary>The column of a profile cannot be told from its name.</summary>
public sealed class NoSuchSampleTypeException(string message) : Exception(message);

/// <summary>One column of a profile, or of the difference of two, ready to be shown.</summary>
public sealed record ProfileQuestion
{
    /// <param name="profile">The profile, or the growth of a difference.</param>
    /// <param name="sampleType">The column's name or number; null for the profile's default.</param>
    /// <exception cref="NoSuchSampleTypeException">There is no such column.</exception>
    public ProfileQuestion(AllocationProfile profile, string? sampleType)
    {
        ArgumentNullException.ThrowIfNull(profile);
        Profile = FramePruning.Prune(profile);
        SampleType = Find(profile, sampleType);
    }

    /// <summary>Without the frames that the profile itself calls uninteresting.</summary>
    public AllocationProfile Profile { get; }

    /// <summary>The column's number.</summary>
    public int SampleType { get; }

    /// <summary>What percentages refer to; null for the sum of the column's magnitudes, which of a difference is all that grew and shrank.</summary>
    public long? Total { get; init; }

    internal string Unit => Profile.SampleTypes[SampleType].Unit;

    internal string TypeName => Profile.SampleTypes[SampleType].Name;

    internal CallGraph Graph(GraphTrim trim) =>
        CallGraph.Build(Profile, new FunctionTable(Profile), SampleType, trim, Total);

    private static int Find(AllocationProfile profile, string? name)
    {
        if (name is null)
        {
            return profile.DefaultIndex;
        }

        var index = int.TryParse(name, out var number) ? number : profile.IndexOf(name);
        return index >= 0 && index < profile.SampleTypes.Count
            ? index
            : throw new NoSuchSampleTypeException(
                $"no sample type {name}: there are {string.Join(", ", profile.SampleTypes.Select(t => t.Name))}"
            );
    }
}
