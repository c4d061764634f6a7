using System.IO.Hashing;
using System.Text;

namespace Tidemark.Formats.Indexes;

/// <summary>
/// Answers that cost a pass over the heap, kept in the dump's index for the next time the same is asked. An index that is gone, full,
/// of another dump or of another build remembers nothing; nothing depends on it.
/// </summary>
public sealed class IndexedAnswers
{
    private const int MostBytes = 16 << 20;
    private const int HashBytes = 16;
    private const string Prefix = "answer-";

    private readonly string dump;

    internal IndexedAnswers(string dump) => this.dump = dump;

    /// <summary>What was answered to that question before; null where it was not asked.</summary>
    public string? Recall(string question)
    {
        try
        {
            using var index = IndexFile.Open(dump);
            var name = Name(question);
            if (index is null || !index.Has(name))
            {
                return null;
            }

            var stored = index.Copy<byte>(name);
            return
                stored.Length > HashBytes
                && XxHash128.Hash(Content(stored)).AsSpan().SequenceEqual(stored.AsSpan(0, HashBytes))
                ? Encoding.UTF8.GetString(Content(stored))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Keeps an answer, where that can be done.</summary>
    public void Remember(string question, string answer)
    {
        var content = Encoding.UTF8.GetBytes(answer);
        if (content.Length > MostBytes)
        {
            return;
        }

        try
        {
            IndexFile.Append(dump, Name(question), [.. XxHash128.Hash(content), .. content]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // It will be computed again.
        }
    }

    private static ReadOnlySpan<byte> Content(byte[] stored) => stored.AsSpan(HashBytes);

    private static string Name(string question) =>
        Prefix + Convert.ToHexString(XxHash128.Hash(Encoding.UTF8.GetBytes(question)))[..24];
}
