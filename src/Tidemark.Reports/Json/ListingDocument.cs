using Tidemark.Core.Allocation;
using Tidemark.Formats;
using Tidemark.Reports.Profiles;

namespace Tidemark.Reports.Json;

/// <summary>Functions line by line, schema <c>tidemark.snapshot/v1</c>.</summary>
public sealed record ListingDocument(
    string Format,
    string SampleType,
    string Unit,
    long Total,
    IReadOnlyList<FunctionListing> Functions
)
{
    public string Schema => "tidemark.snapshot/v1";

    public static ListingDocument Of(
        ProfileSnapshot snapshot,
        ProfileQuestion question,
        IReadOnlyList<FunctionListing> listings
    )
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(question);
        return new ListingDocument(
            snapshot.Format,
            question.TypeName,
            question.Unit,
            CallGraph.TotalOf(question.Profile.Values(question.SampleType)),
            listings
        );
    }
}
