using System.Text;
using Tidemark.Symbols.Elf;

namespace Tidemark.Runtimes.Go;

/// <summary>An executable that the Go linker made.</summary>
internal sealed class GoProgram : IDisposable
{
    private const string BuildInfo = ".go.buildinfo";
    private const int InlineStrings = 32;

    private GoProgram(ElfFile elf) => Elf = elf;

    public ElfFile Elf { get; }

    /// <summary>The compiler's version, such as <c>go1.19.8</c>; null where it is not told.</summary>
    public string? Version { get; private init; }

    /// <summary>The file as a Go program; null where it is none or cannot be read.</summary>
    public static GoProgram? Open(string path)
    {
        ElfFile elf;
        try
        {
            elf = ElfFile.Open(path);
        }
        catch (Exception e) when (e is ElfException or IOException or UnauthorizedAccessException)
        {
            return null;
        }

        try
        {
            var info = elf.Content(BuildInfo).Span;
            if ((info.Length > 1 && info[1..].StartsWith(Magic)) || PclnTable.SectionOf(elf) is not null)
            {
                return new GoProgram(elf) { Version = ReadVersion(info) };
            }
        }
        catch (ElfException)
        {
            // Damaged: not one that we can work with.
        }

        elf.Dispose();
        return null;
    }

    public void Dispose() => Elf.Dispose();

    /// <summary>Behind a byte 0xff.</summary>
    private static ReadOnlySpan<byte> Magic => " Go buildinf:"u8;

    /// <summary>Since Go 1.18 the version stands in the section itself, after a header of 32 bytes: its length, then its text.</summary>
    private static string? ReadVersion(ReadOnlySpan<byte> info)
    {
        const int flagsAt = 15;
        const int stringsInline = 2;
        if (info.Length <= InlineStrings || (info[flagsAt] & stringsInline) == 0)
        {
            return null;
        }

        int length = info[InlineStrings];
        return length < 128 && info.Length > InlineStrings + length
            ? Encoding.UTF8.GetString(info.Slice(InlineStrings + 1, length))
            : null;
    }
}
