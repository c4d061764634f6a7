namespace Tidemark.Runtimes;

/// <summary>The file that a capture goes into: new, and readable by its owner alone, because a heap holds secrets.</summary>
public static class CaptureFile
{
    /// <summary>Creates the file with mode 0600.</summary>
    /// <exception cref="IOException">It exists already, or cannot be created.</exception>
    public static FileStream Create(string path) =>
        new(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                Options = FileOptions.Asynchronous,
            }
        );

    /// <summary>Creates the file and lets <paramref name="write"/> fill it; removes it again where that fails.</summary>
    public static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var file = Create(path);
        try
        {
            await using (file)
            {
                await write(file);
            }
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }
}
