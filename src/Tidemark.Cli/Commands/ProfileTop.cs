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
            output.Lines.WriteLine(ReportJson.Write(ProfileDocument.Of(snapshot, question, trim, Suspects(snapshot))));
            return;
        }

        ProfileText.WriteTop(output.Lines, question, trim);
        if (snapshot.Profile.StackCount == 0)
        {
            output.Say("the profile is empty: nothing that was allocated while it was taken is still live");
        }
    }

    /// <summary>The answer of <c>tidemark suspects</c>: who allocated most of what is live.</summary>
    public static void PrintSuspects(ProfileSnapshot snapshot, int most, Output output)
    {
        if (output.Format == OutputFormat.Json)
        {
            Print(snapshot, new ProfileQuestion(snapshot.Profile, null), new GraphTrim(), output);
            return;
        }

        var suspects = Suspects(snapshot);
        if (suspects.Count == 0)
        {
            output.Say("nothing stands out: see tidemark top");
        }

        ProfileText.WriteSuspects(output.Lines, suspects, most, "what is live");
    }

    private static IReadOnlyList<Suspect> Suspects(ProfileSnapshot snapshot) =>
        AllocationSuspects.Find(snapshot.Profile, KnownRuntimes.KnowledgeOf(snapshot.Runtime));
}
