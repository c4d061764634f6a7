using System.Diagnostics;
using Tidemark.Runtimes.Native;

namespace Tidemark.Runtimes.Tests.Native;

/// <summary>Programs with the marks that the .NET compiler leaves in them, and such without.</summary>
public sealed class NativeAotProgramTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("tidemark-aot-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("int DotNetRuntimeDebugHeader = 1;", "-rdynamic", true)]
    [InlineData("int DotNetRuntimeDebugHeader = 1;", "-rdynamic -s", true)]
    [InlineData("""__attribute__((section("__managedcode"))) int managed(void) { return 1; }""", "-s", true)]
    [InlineData("""__attribute__((section(".dotnet_eh_table"))) const int table = 1;""", "-s", true)]
    [InlineData("int DotNetRuntimeDebugHeaders = 1;", "-rdynamic", false)]
    [InlineData("int MyDotNetRuntimeDebugHeader = 1;", "-rdynamic", false)]
    [InlineData("""const char* text = "DotNetRuntimeDebugHeader __managedcode";""", "-rdynamic", false)]
    public async Task A_running_program_is_told_by_its_file(string mark, string flags, bool isOne)
    {
        var program = Path.Combine(folder, "program");
        await File.WriteAllTextAsync(
            $"{program}.c",
            $$"""
            #include <stdio.h>
            #include <unistd.h>
            {{mark}}
            int main(void) { puts("ready"); fflush(stdout); pause(); }

            """
        );
        using (var compiler = Process.Start("gcc", $"{flags} -o {program} {program}.c"))
        {
            await compiler.WaitForExitAsync();
            compiler.ExitCode.ShouldBe(0);
        }

        using var process = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true })!;
        try
        {
            (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
            await using var session = await new NativeRuntime().AttachAsync(new(process.Id, null, "program"), default);

            (session.HiddenHeap is not null).ShouldBe(isOne);
            (session.HiddenHeap ?? "").Contains("without PublishAot", StringComparison.Ordinal).ShouldBe(isOne);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    [Fact]
    public void What_cannot_be_read_is_none()
    {
        var text = Path.Combine(folder, "text");
        File.WriteAllText(text, "__managedcode");

        NativeAotProgram.Is(text).ShouldBeFalse();
        NativeAotProgram.Is(Path.Combine(folder, "missing")).ShouldBeFalse();
        NativeAotProgram.Is(folder).ShouldBeFalse();
    }
}
