using Tidemark.Symbols.Elf;

namespace Tidemark.Runtimes.Native;

/// <summary>A .NET program that was compiled to native code (NativeAOT): its heap is managed, but no tool can ask it.</summary>
/// <remarks>
/// It has no diagnostic port, unless it was built with one, and none that walks the heap. What tells it are the compiler's sections,
/// and the header that it exports for debuggers.
/// </remarks>
internal static class NativeAotProgram
{
    /// <summary>What its users must know to read an answer of the native runtime, and what to do instead.</summary>
    public const string HiddenHeap =
        "this is a .NET program that was compiled to native code (NativeAOT): its objects lie in anonymous mappings that its own collector manages and nobody can walk from outside; how much of them is alive is read in its memory (not with the server's collector), and malloc counts only what the runtime takes for itself; to have the objects named, run the same program on the ordinary runtime (dotnet run, or a publish without PublishAot) and diagnose that";

    private static readonly string[] Sections = ["__managedcode", ".dotnet_eh_table"];

    /// <summary>Whether this file is one; false where it cannot be read.</summary>
    public static bool Is(string path)
    {
        try
        {
            using var elf = ElfFile.Open(path);
            // The names of exported symbols, each between zeros.
            return Sections.Any(s => elf.Section(s) is not null)
                || elf.Content(".dynstr").Span.IndexOf("\0DotNetRuntimeDebugHeader\0"u8) >= 0;
        }
        catch (Exception e) when (e is ElfException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
