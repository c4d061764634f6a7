using Tidemark.Core.Allocation;
using Tidemark.Formats;
using Tidemark.Reports.Json;
using Tidemark.Reports.Profiles;

namespace Tidemark.Cli.Commands;

/// <summary>The answer of <c>tidemark top</c> for an allocation profile.</summary>
internal static class ProfileTop
{
    public static void Print(ProfileSnapshot snapshot, ProfileQuestion question, GraphTrim trim, Output output)
    {
        if (output.Format == OutputFormat.Json)
        {
            output.Lines.WriteLine(ReportJson.Write(ProfileDocument.Of(snapshot, question, trim)));
            return;
        }

        ProfileText.WriteTop(output.Lines, question, trim);
    }
}
