using System.Globalization;

namespace Tidemark.Runtimes.Injection;

/// <summary>The files that a process has mapped, and where in its memory their symbols lie.</summary>
internal sealed class ProcessImage
{
    private readonly List<MappedFile> files;

    private ProcessImage(int pid, List<MappedFile> files)
    {
        Pid = pid;
        this.files = files;
    }

    private sealed record MappedFile(string Path, string OpenPath, ulong Start);

    public int Pid { get; }

    /// <summary>The mapped files as the process names them, the executable first.</summary>
    public IEnumerable<string> Paths => files.Select(f => f.Path);

    /// <summary>Reads /proc/PID/maps.</summary>
    /// <exception cref="IOException">The process has ended.</exception>
    /// <exception cref="UnauthorizedAccessException">It belongs to somebody else.</exception>
    public static ProcessImage Read(int pid)
    {
        var files = new List<MappedFile>();
        var seen = new HashSet<string>();
        foreach (var line in File.ReadLines($"/proc/{pid}/maps"))
        {
            // 7f00-7f10 r-xp 00000000 08:01 1234   /path/to/file
            var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (
                fields.Length < 6
                || !fields[5].StartsWith('/')
                || fields[2].Trim('0').Length > 0
                || !seen.Add(fields[5])
            )
            {
                continue;
            }

            var start = ulong.Parse(fields[0].AsSpan(0, fields[0].IndexOf('-')), NumberStyles.HexNumber);
            var path = fields[5].Replace(" (deleted)", "", StringComparison.Ordinal);
            var direct = $"/proc/{pid}/map_files/{fields[0]}";
            files.Add(new MappedFile(path, File.Exists(direct) ? direct : $"/proc/{pid}/root{path}", start));
        }

        return new ProcessImage(pid, files);
    }

    /// <summary>The addresses of the symbols in the first mapped file (of those that pass the filter) that defines all of them; null where none does.</summary>
    public Dictionary<string, ulong>? Find(Func<string, bool> filter, params string[] names) =>
        files
            .Where(f => filter(Path.GetFileName(f.Path)))
            .Select(f => Relocated(f, image => image.Find(names)))
            .FirstOrDefault(found => found?.Count == names.Length);

    /// <summary>The address of a section in the first mapped file that has it.</summary>
    public ulong? FindSection(Func<string, bool> filter, string name) =>
        files
            .Where(f => filter(Path.GetFileName(f.Path)))
            .Select(f =>
                Relocated(
                    f,
                    image =>
                        image.SectionAddress(name) is { } address
                            ? new Dictionary<string, ulong> { [name] = address }
                            : []
                )
            )
            .Where(found => found is { Count: 1 })
            .Select(found => (ulong?)found![name])
            .FirstOrDefault();

    private static Dictionary<string, ulong>? Relocated(
        MappedFile file,
        Func<ElfImage, Dictionary<string, ulong>> question
    )
    {
        try
        {
            using var image = ElfImage.TryOpen(file.OpenPath);
            return image is null
                ? null
                : question(image).ToDictionary(s => s.Key, s => s.Value - image.FirstLoadAddress + file.Start);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
