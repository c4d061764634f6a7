namespace Tidemark.Core;

/// <summary>Text out of a file in a message: a damaged one may hold anything, and a message is one line.</summary>
public static class OneLine
{
    /// <summary>The text with a question mark for each control character.</summary>
    public static string Of(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}
