using Tidemark.Core.Allocation;

namespace Tidemark.Reports.Html;

/// <summary>The page of a diagnosis, with a picture of each series of its captures.</summary>
public static class DiagnosisPage
{
    public static ReportModel Of(Diagnosis.Diagnosis diagnosis)
    {
        ArgumentNullException.ThrowIfNull(diagnosis);
        var model = new ReportModel
        {
            Title = $"{diagnosis.Target.Name}: {ContractNames.Of(diagnosis.Verdict.Kind)}",
            Diagnosis = diagnosis,
            Suspects = diagnosis.Suspects,
            Notes = diagnosis.Notes,
        };
        foreach (var series in diagnosis.Series)
        {
            var span = series.Captures[^1].TakenAt - series.Captures[0].TakenAt;
            var title =
                series.Captures.Count > 1
                    ? $"Growth by {series.Method}: {series.Captures[0].File} against {series.Captures[^1].File}, {Core.Quantity.Duration(span)} apart"
                    : $"{series.Method}: {series.Captures[0].File}";
            try
            {
                model = model.Add(title, series.Snapshots);
            }
            catch (IncomparableProfilesException e)
            {
                model = model with { Notes = [.. model.Notes, $"{title}: {e.Message}"] };
            }
        }

        return model;
    }
}
