namespace Acme.Scans.Documents;

public sealed record Document(int Number, string Title, List<string> Words);

/// <summary>What is archived; loaded once.</summary>
public sealed class DocumentIndex
{
    private readonly Dictionary<int, Document> documents = [];

    public static DocumentIndex Load(int count)
    {
        var index = new DocumentIndex();
        for (var n = 0; n < count; n++)
        {
            var words = Enumerable.Range(0, 12).Select(i => $"word{n}-{i}").ToList();
            index.documents.Add(n, new Document(n, $"Document {n}", words));
        }

        return index;
    }

    public Document Find(int number) => documents[number % documents.Count];

    /// <summary>One scan in six has been here before.</summary>
    public bool Knows(uint hash) => hash % 6 == 0;
}
