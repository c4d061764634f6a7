using Tidemark.Diagnosis.Cases;
using Tidemark.Runtimes;

namespace Tidemark.Diagnosis.Watching;

/// <summary>Asks a process how its fragmented heap is divided, behind a watch.</summary>
internal static class DivisionQuestion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <returns>What to enter into the case: how it is divided, or why that is not known.</returns>
    public static async Task<Func<CaseFile, CaseFile>> AskAsync(
        RuntimeSession session,
        TimeProvider time,
        CancellationToken enough
    )
    {
        try
        {
            var division = await session.DivideAsync(enough).WaitAsync(Patience, time, enough);
            return f => f with { Division = division };
        }
        catch (Exception e) when (e is not OperationCanceledException || !enough.IsCancellationRequested)
        {
            return f => f with { Notes = [.. f.Notes, $"how the heap is divided is not known: {e.Message}"] };
        }
    }
}
