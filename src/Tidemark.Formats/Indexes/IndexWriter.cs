using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using Tidemark.Core.Heap;

namespace Tidemark.Formats.Indexes;

/// <summary>
/// Writes an index file: named arrays, each at the beginning of a page so that they can be mapped. The file gets its name only when it
/// is complete, and belongs to its owner alone: a heap's contents are not for everybody.
/// </summary>
internal sealed unsafe class IndexWriter : ArrayStore, IDisposable
{
    private const int Portion = 1 << 26;

    private readonly string? path;
    private readonly string unfinished;
    private readonly SafeFileHandle handle;
    private readonly List<IndexSection> sections = [];
    private long end = IndexFile.PageBytes;
    private bool isIncomplete;

    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public IndexWriter(string path)
        : this(path, $"{path}.{Environment.ProcessId}.part") { }

    private IndexWriter(string? path, string unfinished)
    {
        this.path = path;
        this.unfinished = unfinished;
        File.Delete(unfinished);
        using var created = new FileStream(
            unfinished,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        handle = File.OpenHandle(unfinished, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
    }

    /// <summary>A file without a name, for arrays that are not to take memory all the time; null where it would be in memory itself.</summary>
    /// <param name="bytes">So much room is needed.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static IndexWriter? Scratch(long bytes)
    {
        var folder = Path.GetTempPath();
        var drive = new DriveInfo(folder);
        if (drive.DriveFormat is "tmpfs" or "ramfs" || drive.AvailableFreeSpace < bytes)
        {
            return null;
        }

        var scratch = new IndexWriter(path: null, Path.Combine(folder, $"tidemark-{Guid.NewGuid():N}.scratch"));
        File.Delete(scratch.unfinished);
        return scratch;
    }

    /// <inheritdoc />
    /// <remarks>What cannot be written stays in memory: the index is none then, but who asked for the array has it.</remarks>
    public override NativeArray<T> Put<T>(string name, NativeArray<T> array)
    {
        ArgumentNullException.ThrowIfNull(array);
        try
        {
            Add(name, array);
            var put = Map(MemoryMappedFileAccess.ReadWrite).Array<T>(name);
            array.Dispose();
            put.Rest();
            return put;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            isIncomplete = true;
            return array;
        }
    }

    /// <inheritdoc />
    public override NativeArray<T>? Make<T>(string name, long length)
    {
        try
        {
            // Written, not only reserved: where the disk is full this fails, and not the access to the mapped page.
            var (begin, zeros) = (end, new byte[1 << 16]);
            for (var (done, bytes) = (0L, length * sizeof(T)); done < bytes; done += zeros.Length)
            {
                RandomAccess.Write(handle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, bytes - done)), begin + done);
            }

            AddSection(name, length * sizeof(T));
            return Map(MemoryMappedFileAccess.ReadWrite).Array<T>(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            isIncomplete = true;
            return null;
        }
    }

    /// <inheritdoc />
    public override void Cut<T>(string name, NativeArray<T> array, long length)
    {
        ArgumentNullException.ThrowIfNull(array);
        var at = sections.FindIndex(s => s.Name == name);
        sections[at] = sections[at] with { Bytes = length * sizeof(T) };
        array.Resize(length);
    }

    public void Add<T>(string name, NativeArray<T> array)
        where T : unmanaged => Write(name, (byte*)array.Pointer, array.Length * sizeof(T));

    public void Add<T>(string name, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        fixed (T* first = values)
        {
            Write(name, (byte*)first, values.Length * (long)sizeof(T));
        }
    }

    /// <summary>Writes the table of sections and gives the file its name.</summary>
    /// <exception cref="IOException">It cannot be written, or an array could not be before.</exception>
    public void Finish(byte[] identity)
    {
        if (isIncomplete)
        {
            throw new IOException("the index is not complete");
        }

        var head = IndexFile.Head(identity, sections);
        RandomAccess.Write(handle, head, 0);
        handle.Dispose();
        File.Move(unfinished, path!, overwrite: true);
    }

    /// <summary>Takes away what was not finished.</summary>
    public void Dispose()
    {
        handle.Dispose();
        File.Delete(unfinished);
    }

    private IndexFile Map(MemoryMappedFileAccess access)
    {
        var mapped = MemoryMappedFile.CreateFromFile(
            handle,
            mapName: null,
            capacity: 0,
            access,
            HandleInheritability.None,
            leaveOpen: true
        );
        return new IndexFile(mapped, RandomAccess.GetLength(handle), sections, access);
    }

    private void Write(string name, byte* from, long bytes)
    {
        for (long done = 0; done < bytes; done += Portion)
        {
            var some = (int)Math.Min(Portion, bytes - done);
            RandomAccess.Write(handle, new ReadOnlySpan<byte>(from + done, some), end + done);
        }

        AddSection(name, bytes);
    }

    private void AddSection(string name, long bytes)
    {
        sections.Add(new IndexSection(name, end, bytes));
        end = (end + bytes + IndexFile.PageBytes - 1) / IndexFile.PageBytes * IndexFile.PageBytes;
        RandomAccess.SetLength(handle, end);
    }
}
