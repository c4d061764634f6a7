using System.Globalization;
using System.Text;
using System.Text.Json;
using Tidemark.Core.Series;

namespace Tidemark.Diagnosis.Cases;

/// <summary>A case on disk: <c>case.json</c>, <c>history.csv</c> and the captures. Everything is written as it comes, so that nothing is lost when a later step fails.</summary>
/// <remarks>The folder is for its owner only (0700, files 0600), because captures hold the secrets of the process.</remarks>
public sealed class CaseFolder : IDisposable
{
    public const string CaseName = "case.json";
    public const string HistoryName = "history.csv";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly StringBuilder line = new();
    private StreamWriter? history;

    private CaseFolder(string path, CaseFile file)
    {
        Path = path;
        File = file;
    }

    public string Path { get; }

    /// <summary>What <c>case.json</c> says now.</summary>
    public CaseFile File { get; private set; }

    /// <summary>Makes a new folder, which may exist if it holds no case.</summary>
    /// <exception cref="IOException">It cannot be made, or holds a case already.</exception>
    public static CaseFolder Create(string path, CaseFile file)
    {
        if (System.IO.File.Exists(System.IO.Path.Combine(path, CaseName)))
        {
            throw new IOException(
                $"{path}: holds a case already: name another folder with --out, or go on with --resume"
            );
        }

        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        var folder = new CaseFolder(path, file);
        folder.Save(file);
        folder.OpenHistory(append: false);
        return folder;
    }

    /// <summary>Opens a case that was begun earlier.</summary>
    /// <exception cref="IOException">There is none, or it is damaged; the message names the file.</exception>
    public static CaseFolder Open(string path)
    {
        var name = System.IO.Path.Combine(path, CaseName);
        if (!System.IO.File.Exists(name))
        {
            throw new IOException($"{path}: not a case folder: it holds no {CaseName}");
        }

        try
        {
            var file =
                JsonSerializer.Deserialize(System.IO.File.ReadAllText(name), CaseJson.Default.CaseFile)
                ?? throw new IOException($"{name}: empty, expected a {CaseFile.CurrentSchema} object");
            return file.Schema == CaseFile.CurrentSchema
                ? new CaseFolder(path, file)
                : throw new IOException($"{name}: schema is '{file.Schema}', expected '{CaseFile.CurrentSchema}'");
        }
        catch (JsonException e)
        {
            throw new IOException(
                $"{name}: line {e.LineNumber + 1}: not a {CaseFile.CurrentSchema} object ({e.Path})",
                e
            );
        }
    }

    /// <summary>Goes on with the history where an earlier watch left it.</summary>
    public void Resume() => OpenHistory(append: true);

    /// <summary>The path of a file of the case.</summary>
    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>Adds one row to the history on disk.</summary>
    public void Append(double time, SignalSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        line.Clear();
        line.Append(CultureInfo.InvariantCulture, $"{time:0.###}");
        foreach (var signal in Signals.All)
        {
            line.Append(',');
            if (sample.Has(signal.Signal))
            {
                line.Append(CultureInfo.InvariantCulture, $"{sample[signal.Signal]:0.######}");
            }
        }

        history!.WriteLine(line.ToString());
        history.Flush();
    }

    /// <summary>Changes <c>case.json</c>; the old one stays whole until the new one is.</summary>
    public void Update(Func<CaseFile, CaseFile> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        // The change stands in memory even where the disk is full: the answer can still be given.
        File = change(File);
        Save(File);
    }

    public void Dispose()
    {
        try
        {
            history?.Dispose();
        }
        catch (IOException)
        {
            // A full disk was told when the row was written; there is nothing left to save.
        }
    }

    private void Save(CaseFile file)
    {
        var temporary = PathOf(CaseName + ".new");
        using (var stream = OpenOwned(temporary, FileMode.Create))
        {
            JsonSerializer.Serialize(stream, file, CaseJson.Default.CaseFile);
        }

        System.IO.File.Move(temporary, PathOf(CaseName), overwrite: true);
    }

    private void OpenHistory(bool append)
    {
        history = new StreamWriter(OpenOwned(PathOf(HistoryName), append ? FileMode.Append : FileMode.Create));
        if (history.BaseStream.Position == 0)
        {
            history.WriteLine("time," + string.Join(',', Signals.All.Select(s => s.Column)));
            history.Flush();
        }
    }

    private static FileStream OpenOwned(string path, FileMode mode) =>
        new(
            path,
            new FileStreamOptions
            {
                Mode = mode,
                Access = FileAccess.Write,
                Share = FileShare.Read,
                UnixCreateMode = OwnerOnly,
            }
        );
}
