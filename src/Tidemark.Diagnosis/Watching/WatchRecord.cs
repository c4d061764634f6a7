using Tidemark.Diagnosis.Cases;

namespace Tidemark.Diagnosis.Watching;

/// <summary>What a watch writes into its case. A disk that is full ends the watch, and the answer is given from what was gathered.</summary>
internal sealed class WatchRecord(CaseFolder folder)
{
    /// <summary>Why the watch has ended; null while it goes on.</summary>
    public CaseEnding? Ending { get; set; }

    /// <summary>The case as it is now.</summary>
    public CaseFile File => folder.File;

    public CaseFolder Folder => folder;

    /// <summary>A sentence for who reads the answer.</summary>
    public void Note(string note) => Update(f => f with { Notes = [.. f.Notes, note] });

    public void Update(Func<CaseFile, CaseFile> change) => Store(() => folder.Update(change));

    public void Store(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (Ending == CaseEnding.StorageFailed)
            {
                return;
            }

            Ending = CaseEnding.StorageFailed;
            try
            {
                folder.Update(f =>
                    f with
                    {
                        Ending = CaseEnding.StorageFailed,
                        Notes = [.. f.Notes, $"the case could not be written any more: {e.Message}"],
                    }
                );
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // The note stands in memory, where the answer is made from.
            }
        }
    }
}
