namespace Tidemark.Diagnosis.Checklist;

/// <summary>What the evidence says to one question of the checklist.</summary>
public enum Finding
{
    /// <summary>It is so.</summary>
    Confirmed,

    /// <summary>It is not so.</summary>
    RuledOut,

    /// <summary>The evidence does not tell; the sentence says what is missing.</summary>
    Unknown,
}

/// <summary>One of the eight questions, answered.</summary>
/// <param name="Step">1 to 8.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">What the evidence says.</param>
/// <param name="Sentence">The evidence.</param>
public sealed record ChecklistAnswer(int Step, string Question, Finding Answer, string Sentence);
