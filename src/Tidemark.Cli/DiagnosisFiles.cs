using Tidemark.Reports.Json;
using Tidemark.Reports.Markdown;

namespace Tidemark.Cli;

/// <summary>The answer as files in the case folder, for later and for others.</summary>
/// <param name="Report">The HTML page, null where it could not be written.</param>
/// <param name="Problems">What could not be written, each a sentence.</param>
public sealed record DiagnosisFiles(string? Report, IReadOnlyList<string> Problems)
{
    /// <summary>Writes what can be written: a full disk must not cost the answer on the terminal.</summary>
    public static DiagnosisFiles Write(Diagnosis.Diagnosis diagnosis, string page, string folder)
    {
        ArgumentNullException.ThrowIfNull(diagnosis);
        var problems = new List<string>();
        var report = Try("report.html", page);
        var json = DiagnosisDocument.Of(diagnosis, folder: null, report is null ? null : Path.GetFileName(report));
        Try("diagnosis.json", ReportJson.Write(json));
        Try("diagnosis.md", DiagnosisMarkdown.Write(diagnosis));
        return new DiagnosisFiles(report, problems);

        string? Try(string name, string content)
        {
            var path = Path.Combine(folder, name);
            try
            {
                File.WriteAllText(path, content);
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
                return path;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{path}: not written: {e.Message}");
                return null;
            }
        }
    }
}
