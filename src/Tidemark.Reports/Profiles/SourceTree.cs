namespace Tidemark.Reports.Profiles;

/// <summary>Finds the source files that a profile names, here or in directories that hold a copy of them.</summary>
public sealed class SourceTree(IReadOnlyList<string> directories)
{
    private readonly Dictionary<string, string[]?> read = new(StringComparer.Ordinal);

    /// <summary>The file's lines; null where it is not found or cannot be read.</summary>
    /// <remarks>Looked for where the profile says it is, then in each directory by as much of its path as is there.</remarks>
    public IReadOnlyList<string>? Lines(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!read.TryGetValue(file, out var lines))
        {
            lines = Candidates(file).Select(TryRead).FirstOrDefault(l => l is not null);
            read.Add(file, lines);
        }

        return lines;
    }

    private IEnumerable<string> Candidates(string file)
    {
        if (Path.IsPathRooted(file))
        {
            yield return file;
        }

        var parts = file.Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var directory in directories)
        {
            for (var skipped = 0; skipped < parts.Length; skipped++)
            {
                yield return Path.Combine([directory, .. parts[skipped..]]);
            }
        }
    }

    private static string[]? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
