namespace Acme.Previews.Articles;

public sealed record Article(int Number, string Title, string Lead, string[] Tags);

/// <summary>All articles, by number and by tag; loaded once.</summary>
public sealed class ArticleStore
{
    private readonly Dictionary<int, Article> byNumber = [];
    private readonly Dictionary<string, List<Article>> byTag = new(StringComparer.Ordinal);

    public static ArticleStore Load(int count)
    {
        var store = new ArticleStore();
        for (var n = 0; n < count; n++)
        {
            string[] tags = [$"topic-{n % 700}", $"author-{n % 90}"];
            var lead =
                $"The story of article {n} in a sentence or two, as it stands below the title. {new string('.', 120)}";
            var article = new Article(n, $"Article number {n}", lead, tags);
            store.byNumber.Add(n, article);
            foreach (var tag in tags)
            {
                if (!store.byTag.TryGetValue(tag, out var list))
                {
                    store.byTag.Add(tag, list = []);
                }

                list.Add(article);
            }
        }

        return store;
    }

    public Article Find(int number) => byNumber[number % byNumber.Count];

    public IReadOnlyList<Article> WithTag(string tag) => byTag.GetValueOrDefault(tag) ?? [];
}
