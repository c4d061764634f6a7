using System.Diagnostics;
using Tidemark.Core.Heap;
using Tidemark.Formats;

namespace Tidemark.Runtimes.Tests.Jvm;

/// <summary>Programs that are compiled, write a dump of themselves and end.</summary>
internal static class JavaProgram
{
    /// <summary>Runs a tool of the JDK to its end.</summary>
    public static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }

    public static HeapGraph ReadDump(string path)
    {
        var file = DumpFile.Open(path);
        return DumpFormats.Detect(file)!.Read(file, ReadContext.Quiet).ShouldBeOfType<HeapSnapshot>().Graph;
    }
}
