using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidemark.Runtimes.Processes;

/// <summary>The memory of another process, read and written through <c>/proc/PID/mem</c>; needs the right to trace it.</summary>
internal sealed class ProcessMemory : IDisposable
{
    private readonly SafeFileHandle memory;

    private ProcessMemory(SafeFileHandle memory) => this.memory = memory;

    /// <summary>Opens it.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be traced.</exception>
    public static ProcessMemory Open(int pid) => Open(pid, FileAccess.ReadWrite);

    /// <summary>The same for who changes nothing.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be traced.</exception>
    public static ProcessMemory OpenToRead(int pid) => Open(pid, FileAccess.Read);

    private static ProcessMemory Open(int pid, FileAccess access) =>
        new(File.OpenHandle($"/proc/{pid}/mem", FileMode.Open, access, FileShare.ReadWrite));

    /// <summary>Fills the span.</summary>
    /// <exception cref="IOException">It is not all mapped, or the process is gone.</exception>
    public void Read(ulong address, Span<byte> bytes)
    {
        for (var done = 0; done < bytes.Length; )
        {
            var read = RandomAccess.Read(memory, bytes[done..], (long)address + done);
            if (read <= 0)
            {
                throw new IOException($"the memory at 0x{address:x} could not be read");
            }

            done += read;
        }
    }

    public ulong ReadWord(ulong address)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Read(address, bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Reads as many words as the span holds.</summary>
    public void ReadWords(ulong address, Span<ulong> words) => Read(address, MemoryMarshal.AsBytes(words));

    /// <summary>Writes, even where the process itself may not.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> bytes) => MemoryFile.Write(memory, address, bytes);

    public void WriteWord(ulong address, ulong word)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, word);
        Write(address, bytes);
    }

    public void WriteWords(ulong address, ReadOnlySpan<ulong> words) => Write(address, MemoryMarshal.AsBytes(words));

    public void Dispose() => memory.Dispose();
}
