using Acme.Platform;
using Acme.Previews.Articles;
using Acme.Previews.Rendering;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(ArticleStore.Load(90_000));
        builder.Services.AddSingleton<PageCache>();
        builder.Services.AddSingleton<PageRenderer>();
    },
    app =>
    {
        app.MapGet("/page/{article:int}", (int article, PageRenderer pages) => pages.Page(article).Tag);
        app.MapGet("/article/{article:int}", (int article, ArticleStore articles) => articles.Find(article).Title);
    },
    (traffic, _) =>
        traffic.SendAsync(
            _ => 220,
            number =>
                number % 5 == 0 ? $"/article/{traffic.Random.Next(90_000)}" : $"/page/{traffic.Random.Next(30_000)}"
        )
);
