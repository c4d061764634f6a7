namespace Tidemark.Symbols.Elf;

/// <summary>Finds the detached debug information of a stripped object, as gdb does: by build id below <c>/usr/lib/debug</c>.</summary>
public static class DebugFiles
{
    /// <summary>The debug file of an object; null where there is none that can be read.</summary>
    /// <param name="elf">The object.</param>
    /// <param name="root">Where debug files are kept.</param>
    public static ElfFile? Find(ElfFile elf, string root = "/usr/lib/debug")
    {
        ArgumentNullException.ThrowIfNull(elf);
        if (elf.BuildId is not { Length: > 2 } id)
        {
            return null;
        }

        var path = Path.Combine(root, ".build-id", id[..2], id[2..] + ".debug");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return ElfFile.Open(path);
        }
        catch (Exception e) when (e is ElfException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
