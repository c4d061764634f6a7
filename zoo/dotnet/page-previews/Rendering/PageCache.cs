namespace Acme.Previews.Rendering;

public sealed record RenderedPage(int Article, byte[] Html, string Tag);

/// <summary>The pages that were asked for last.</summary>
public sealed class PageCache
{
    private const int Most = 6000;
    private readonly Dictionary<int, LinkedListNode<RenderedPage>> pages = [];
    private readonly LinkedList<RenderedPage> byUse = new();
    private readonly Lock gate = new();

    public RenderedPage GetOrAdd(int article, Func<int, RenderedPage> render)
    {
        lock (gate)
        {
            if (pages.TryGetValue(article, out var known))
            {
                byUse.Remove(known);
                byUse.AddLast(known);
                return known.Value;
            }

            if (pages.Count >= Most)
            {
                pages.Remove(byUse.First!.Value.Article);
                byUse.RemoveFirst();
            }

            var page = render(article);
            pages.Add(article, byUse.AddLast(page));
            return page;
        }
    }
}
