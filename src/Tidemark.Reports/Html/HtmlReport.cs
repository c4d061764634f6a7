using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Tidemark.Reports.Html;

/// <summary>One self-contained HTML page: scripts, styles and data inside, nothing fetched.</summary>
public static class HtmlReport
{
    public static async Task<string> RenderAsync(ReportModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        await using var services = new ServiceCollection().BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var parameters = ParameterView.FromDictionary(
                new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(ReportPage.Model)] = model }
            );
            var page = await renderer.RenderComponentAsync<ReportPage>(parameters);
            return "<!DOCTYPE html>\n" + page.ToHtmlString();
        });
    }

    /// <summary>A script or style that the page carries.</summary>
    internal static MarkupString Asset(string name)
    {
        using var stream =
            typeof(HtmlReport).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded");
        using var reader = new StreamReader(stream);
        return new MarkupString(reader.ReadToEnd());
    }
}
