using System.Globalization;
using System.Text;
using Acme.Previews.Articles;

namespace Acme.Previews.Rendering;

/// <summary>Renders an article with its neighbours.</summary>
public sealed class PageRenderer(ArticleStore articles, PageCache cache)
{
    public RenderedPage Page(int article) => cache.GetOrAdd(article, Render);

    private RenderedPage Render(int number)
    {
        var article = articles.Find(number);
        var html = new StringBuilder("<h1>").Append(article.Title).Append("</h1>");
        foreach (var other in articles.WithTag(article.Tags[0]).Take(60))
        {
            html.Append("<li>").Append(other.Title).Append(' ').Append(other.Lead).Append("</li>");
        }

        var bytes = Encoding.UTF8.GetBytes(html.ToString());
        return new RenderedPage(number, bytes, bytes.Length.ToString("x", CultureInfo.InvariantCulture));
    }
}
