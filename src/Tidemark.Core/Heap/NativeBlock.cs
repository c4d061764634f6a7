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
    private const int ToAddress = 2;
    private const int HugePage = 14;
    private const int DontNeed = 4;
    private const int HugePageSize = 2 << 20;
    public const long HugePageThreshold = 4 << 20;
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
        SetHandle(IsHuge(Bytes) && KeptMemory.TryTake(Bytes, out var kept) ? Again(kept) : Fresh(Bytes));
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

        SetHandle(Moved(handle, Bytes, bytes));
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
        return (IsHuge(Bytes) && KeptMemory.TryKeep(handle, Bytes)) || Munmap(handle, (nuint)Bytes) == 0;
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
            SetHandle(Fresh(bytes));
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

    private bool IsHuge(long bytes) => bytes >= HugePageThreshold && !isSparse;

    /// <summary>Memory that was used before, cleared, and cut or extended to the size that is wanted.</summary>
    private nint Again((nint Address, long Bytes) kept)
    {
        NativeMemory.Clear((void*)kept.Address, (nuint)Math.Min(kept.Bytes, Bytes));
        return kept.Bytes == Bytes ? kept.Address : Moved(kept.Address, kept.Bytes, Bytes);
    }

    private nint Fresh(long bytes)
    {
        if (!IsHuge(bytes))
        {
            return Checked(Mmap(0, (nuint)bytes, ReadWrite, PrivateAnonymousNoReserve, -1, 0), bytes);
        }

        // Huge pages begin at multiples of their size only.
        var all = Checked(Mmap(0, (nuint)(bytes + HugePageSize), ReadWrite, PrivateAnonymousNoReserve, -1, 0), bytes);
        var address = (all + HugePageSize - 1) / HugePageSize * HugePageSize;
        Unmap(all, address);
        Unmap(address + (nint)bytes, all + (nint)bytes + HugePageSize);
        _ = Madvise(address, (nuint)bytes, HugePage); // only speed depends on it
        return address;
    }

    /// <summary>Makes a block longer or shorter; where it has to move, to the beginning of a huge page: otherwise those that it has would be broken up.</summary>
    private nint Moved(nint from, long before, long bytes)
    {
        var address = Mremap(from, (nuint)before, (nuint)bytes, 0, 0);
        if (address == -1 && IsHuge(bytes))
        {
            address = Mremap(from, (nuint)before, (nuint)bytes, MayMove | ToAddress, Fresh(bytes));
        }
        else if (address == -1)
        {
            address = Mremap(from, (nuint)before, (nuint)bytes, MayMove, 0);
        }

        if (IsHuge(bytes))
        {
            _ = Madvise(Checked(address, bytes), (nuint)bytes, HugePage);
        }

        return Checked(address, bytes);
    }

    private static void Unmap(nint from, nint to)
    {
        if (to > from)
        {
            _ = Munmap(from, (nuint)(to - from));
        }
    }

    private static nint Checked(nint address, long bytes) =>
        address != -1 ? address : throw new InsufficientMemoryException($"no {bytes:N0} bytes of memory are to be had");

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mremap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Mremap(nint address, nuint oldLength, nuint newLength, int flags, nint to);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(nint address, nuint length, int advice);
}
