namespace Tidemark.Runtimes.Processes;

/// <summary>What a process is called.</summary>
public static class ProgramName
{
    // The kernel keeps so much of a name.
    private const int LongestCommand = 15;

    /// <summary>
    /// What a process calls itself, where the kernel and its command line agree on it, else null: a program that goes by several names is
    /// one file (<c>redis-server</c>, busybox), and a service may give itself a title (<c>gunicorn: master [shop]</c>).
    /// </summary>
    /// <param name="command">The name that the kernel has for it.</param>
    /// <param name="words">Its command line.</param>
    public static string? Own(string? command, IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        var title = words.Count > 0 ? words[0].Split(' ', ':')[0] : "";
        var name = Path.GetFileName(title.TrimStart('-'));
        return name.Length > 0 && name[..Math.Min(name.Length, LongestCommand)] == command ? name : null;
    }
}
