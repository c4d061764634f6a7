using System.Runtime.InteropServices;

namespace Tidemark.Core.Heap;

/// <summary>
/// Anonymous memory straight from the kernel (Linux): zeroed, lazily backed, in huge pages where they are to be had. Some KiB come
/// from the C library instead, which costs no call of the kernel.
/// </summary>
internal sealed unsafe partial class NativeBlock : SafeHandle
{
    private const long MostFromLibrary = 32 << 10;
    public const int PageSize = 4096;
    private const int ReadWrite = 3;
    private const int PrivateAnonymousNoReserve = 0x02 | 0x20 | 0x4000;
    private const int MayMove = 1;
    private const int HugePage = 14;
    private const int DontNeed = 4;
    private const long HugePageThreshold = 4 << 20;
    private const long PressureThreshold = 2 << 20;

    private readonly bool isSparse;
    private bool isFromLibrary;

    /// <exception cref="InsufficientMemoryException">The system does not give so much.</exception>
    public NativeBlock(long bytes, bool isSparse)
        : base(invalidHandleValue: -1, ownsHandle: true)
    {
        this.isSparse = isSparse;
        isFromLibrary = bytes <= MostFromLibrary;
        if (isFromLibrary)
        {
            Bytes = Math.Max(bytes, 16);
            SetHandle((nint)NativeMemory.AllocZeroed((nuint)Bytes));
            return;
        }

        Bytes = WholePages(bytes);
        Take(Mmap(0, (nuint)Bytes, ReadWrite, PrivateAnonymousNoReserve, -1, 0), Bytes);
        Press(Bytes);
    }

    public override bool IsInvalid => handle == -1;

    public nint Address => handle;

    /// <summary>Its size in bytes, whole pages where they come from the kernel.</summary>
    public long Bytes { get; private set; }

    /// <summary>Makes it longer or shorter; it may move.</summary>
    public void Resize(long bytes)
    {
        if (isFromLibrary)
        {
            Leave(bytes);
            return;
        }

        bytes = WholePages(bytes);
        if (bytes == Bytes)
        {
            return;
        }

        Take(Mremap(handle, (nuint)Bytes, (nuint)bytes, MayMove), bytes);
        Press(bytes);
        Unpress(Bytes);
        Bytes = bytes;
    }

    /// <summary>Lets pages of a mapped file go; they come back from the file when they are looked at again.</summary>
    public static void LetGo(nint address, long bytes)
    {
        var first = (address + PageSize - 1) / PageSize * PageSize;
        var end = (address + (nint)bytes) / PageSize * PageSize;
        if (end > first)
        {
            _ = Madvise(first, (nuint)(end - first), DontNeed); // only memory depends on it
        }
    }

    protected override bool ReleaseHandle()
    {
        if (isFromLibrary)
        {
            NativeMemory.Free((void*)handle);
            return true;
        }

        Unpress(Bytes);
        return Munmap(handle, (nuint)Bytes) == 0;
    }

    /// <summary>Moves what the library gave to where it has room.</summary>
    private void Leave(long bytes)
    {
        var (old, oldBytes) = (handle, Bytes);
        if (bytes <= MostFromLibrary)
        {
            Bytes = Math.Max(bytes, 16);
            SetHandle((nint)NativeMemory.AllocZeroed((nuint)Bytes));
        }
        else
        {
            bytes = WholePages(bytes);
            Take(Mmap(0, (nuint)bytes, ReadWrite, PrivateAnonymousNoReserve, -1, 0), bytes);
            Bytes = bytes;
            isFromLibrary = false;
            Press(bytes);
        }

        Buffer.MemoryCopy((void*)old, (void*)handle, Bytes, Math.Min(oldBytes, Bytes));
        NativeMemory.Free((void*)old);
    }

    /// <summary>Lets the collector know of it: whoever holds it may be garbage. Buffers are too small to be worth a collection.</summary>
    private void Press(long bytes)
    {
        if (bytes >= PressureThreshold && !isSparse)
        {
            GC.AddMemoryPressure(bytes);
        }
    }

    private void Unpress(long bytes)
    {
        if (bytes >= PressureThreshold && !isSparse)
        {
            GC.RemoveMemoryPressure(bytes);
        }
    }

    private static long WholePages(long bytes) =>
        Math.Max(PageSize, checked(bytes + PageSize - 1) / PageSize * PageSize);

    private void Take(nint address, long bytes)
    {
        if (address == -1)
        {
            throw new InsufficientMemoryException($"no {bytes:N0} bytes of memory are to be had");
        }

        SetHandle(address);
        if (bytes >= HugePageThreshold && !isSparse)
        {
            _ = Madvise(address, (nuint)bytes, HugePage); // only speed depends on it
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mremap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Mremap(nint address, nuint oldLength, nuint newLength, int flags);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(nint address, nuint length, int advice);
}
