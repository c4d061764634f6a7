using Spectre.Console;
using Tidemark.Reports.Heaps;

namespace Tidemark.Reports.Tests;

public sealed class HeapTableTests
{
    [Fact]
    public void On_a_narrow_terminal_names_are_wrapped_and_figures_are_not()
    {
        using var writer = new StringWriter();
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) }
        );
        console.Profile.Width = 60;
        var table = HeapText.NewTable("retained", "share", "objects", "type");
        table.AddRow("54.8 MiB", "86 %", "220,000", "com.acme.catalog.CatalogOfAllThatIsSoldInTheShop$Category");

        console.Write(table);

        writer.ToString().ShouldContain("54.8 MiB  86 % 220,000 com.acme");
    }
}
