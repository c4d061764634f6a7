using Spectre.Console;
using Tidemark.Core.Suspects;
using Tidemark.Reports.Text;

namespace Tidemark.Reports.Tests;

public sealed class SuspectTextTests
{
    [Fact]
    public void Only_who_called_the_site_is_told_as_its_caller()
    {
        CodeSite[] stack =
        [
            new("java.util.Arrays.copyOf", "Arrays.java", 3537),
            new("java.lang.String.getBytes", "String.java", 1788),
            new("com.acme.Documents.write", "Documents.java", 39),
            new("com.acme.Shop.serve", "Shop.java", 12),
        ];

        var text = Written(
            new Suspect("byte[]", "allocation-site", 1 << 20, 10, 0.9, stack[2], stack, null, "f", "look there")
        );

        text.ShouldContain("allocated at com.acme.Documents.write");
        text.ShouldContain("called by com.acme.Shop.serve");
        text.ShouldNotContain("called by java.");
        text.ShouldNotContain("called by com.acme.Documents.write");
    }

    private static string Written(Suspect suspect)
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) }
        );
        console.Profile.Width = 200;
        SuspectText.Write(console, [suspect], 5);
        return writer.ToString();
    }
}
