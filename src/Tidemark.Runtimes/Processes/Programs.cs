namespace Tidemark.Runtimes.Processes;

/// <summary>Programs of this machine that may or may not be installed.</summary>
internal static class Programs
{
    /// <summary>Where a program is by the variable PATH; null where it is not.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
