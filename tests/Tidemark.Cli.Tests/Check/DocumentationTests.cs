using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Tidemark.Metrics.Prometheus.Signals;
using Tidemark.Metrics.Tests.Prometheus;

namespace Tidemark.Cli.Tests.Check;

/// <summary>Every command of docs/check.md and docs/signals.md works, and the table of signals is the documented one.</summary>
public sealed partial class DocumentationTests(ShopFixture shop) : IClassFixture<ShopFixture>, IDisposable
{
    private static readonly string Docs = Path.Combine(Root, "docs");

    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-docs-").FullName;

    public static TheoryData<string> Commands =>
        [
            .. ((string[])["check.md", "signals.md"])
                .SelectMany(f => File.ReadLines(Path.Combine(Docs, f)))
                .Where(l => l.StartsWith("    tidemark check ", StringComparison.Ordinal))
                .Select(l => l.Trim())
                .Distinct(StringComparer.Ordinal),
        ];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_that_is_shown_works(string command)
    {
        Directory.CreateDirectory(Path.Combine(folder, "histories"));
        await File.WriteAllTextAsync(Path.Combine(folder, "panel.csv"), Table("\"Time\","));
        foreach (var file in (string[])["history.csv", "histories/cart.csv"])
        {
            var rows = Enumerable
                .Range(0, 100)
                .Select(m => $"{1_700_000_000 + (m * 60)},{100_000_000 + (m % 3 * 1000)}");
            await File.WriteAllLinesAsync(Path.Combine(folder, file), rows.Prepend("time,footprint_bytes"));
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "token"), "s3cret");
        await File.WriteAllTextAsync(Path.Combine(folder, "tidemark.yaml"), Configuration());
        using var key = ECDsa.Create();
        using var authority = new CertificateRequest("CN=ca", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(1)
        );
        await File.WriteAllTextAsync(Path.Combine(folder, "ca.pem"), authority.ExportCertificatePem());
        // The examples' server is ours, their process is this one, and their patience is shorter here.
        var here = command
            .Replace("http://localhost:9090", shop.Server.Url.ToString(), StringComparison.Ordinal)
            .Replace("https://mimir.example/prometheus", shop.Server.Url.ToString(), StringComparison.Ordinal)
            .Replace(
                "2026-01-31T12:00:00Z",
                shop.End.UtcDateTime.ToString("s", CultureInfo.InvariantCulture) + "Z",
                StringComparison.Ordinal
            )
            .Replace("4242 --for 10m", $"{Environment.ProcessId} --for 3s", StringComparison.Ordinal);
        var isWatch = here.Contains("--watch", StringComparison.Ordinal);
        string[] arguments = [.. Word().Matches(here).Skip(1).Select(m => m.Value.Trim('\''))];

        if (isWatch)
        {
            using var process = TidemarkRun.Start(folder, arguments);
            (await process.StandardOutput.ReadLineAsync()).ShouldNotBeNull();
            process.Kill();
            return;
        }

        var run = await TidemarkRun.OfAsync(folder, arguments);
        run.Status.ShouldNotBe(2, run.Error);
        run.Output.ShouldNotBeEmpty();
    }

    [Fact]
    public void Every_line_of_the_table_is_described()
    {
        var described = File.ReadAllText(Path.Combine(Docs, "signals.md"));
        var table = SignalTable.BuiltIn();
        foreach (var metric in table.All)
        {
            var where =
                metric.Where.Length == 0 ? "" : $"`{metric.Where.Replace("|", "\\|", StringComparison.Ordinal)}`";
            described.ShouldContain($"| `{metric.Metric}` | {where} |");
        }

        foreach (var role in SignalRole.All)
        {
            described.ShouldContain(table.Of(role).Count > 0 ? $": `{role.Name}`\n" : $"`{role.Name}`");
        }
    }

    [Theory]
    [InlineData("\"Time\",", "shop/cart-1", "shop/web-0")]
    [InlineData("time,namespace,", "shop/cart-1", "shop/web-0")]
    public async Task A_table_that_is_shown_is_read(string header, params string[] expected)
    {
        var file = Path.Combine(folder, "table.csv");
        await File.WriteAllTextAsync(file, Table(header));
        Metrics.HistoryFormats.Read(file).Histories.Select(h => h.Name).ShouldBe(expected);
    }

    /// <summary>An example of docs/check.md, by how its header begins.</summary>
    private static string Table(string header)
    {
        var text = File.ReadAllText(Path.Combine(Docs, "check.md"));
        var start = text.IndexOf("```\n" + header, StringComparison.Ordinal) + 4;
        return text[start..text.IndexOf("```", start, StringComparison.Ordinal)];
    }

    /// <summary>The example of docs/signals.md.</summary>
    private static string Configuration()
    {
        var text = File.ReadAllText(Path.Combine(Docs, "signals.md"));
        var start = text.IndexOf("```yaml\n", StringComparison.Ordinal) + 8;
        return text[start..text.IndexOf("```", start, StringComparison.Ordinal)];
    }

    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Tidemark.slnx")))
            {
                folder = folder.Parent ?? throw new InvalidOperationException("not inside of a checkout");
            }

            return folder.FullName;
        }
    }

    [GeneratedRegex(@"'[^']*'|\S+", RegexOptions.None, 1000)]
    private static partial Regex Word();
}
