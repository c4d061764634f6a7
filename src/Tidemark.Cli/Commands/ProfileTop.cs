using Tidemark.Core.Allocation;
using Tidemark.Core.Suspects;
using Tidemark.Formats;
using Tidemark.Reports.Json;
using Tidemark.Reports.Profiles;
using Tidemark.Runtimes;

namespace Tidemark.Cli.Commands;

/// <summary>The answer of <c>tidemark top</c> for an allocation profile.</summary>
internal static class ProfileTop
{
    public static void Print(ProfileSnapshot snapshot, ProfileQuestion question, GraphTrim trim, Output output)
    {
        if (output.Format == OutputFormat.Json)
        {
            var suspects = AllocationSuspects.Find(snapshot.Profile, KnownRuntimes.KnowledgeOf(snapshot.Runtime));
            output.Lines.WriteLine(ReportJson.Write(ProfileDocument.Of(snapshot, question, trim, suspects)));
            return;
        }

        ProfileText.WriteTop(output.Lines, question, trim);
    }
}
