using System.Buffers.Binary;
using System.Text;

namespace Tidemark.Runtimes.Python.Injection;

/// <summary>What the target's own functions are called; addresses in its memory.</summary>
internal sealed record TargetFunctions(
    ulong IsInitialized,
    ulong EnsureGil,
    ulong ReleaseGil,
    ulong RunString,
    ulong AddPendingCall,
    ulong CreateThread,
    ulong ThreadSelf,
    ulong DetachThread,
    ulong Unmap
);

/// <summary>The one block of memory that an injection adds to the target: machine code, then the script. It unmaps itself at the end.</summary>
/// <remarks>
/// Two functions. <c>start</c> makes a thread and returns 0: it touches no interpreter state, so it may be called directly in
/// a thread that waits in the kernel, or as a pending call by the interpreter itself. The thread asks for the interpreter
/// lock as any other thread does, so the script begins when the interpreter grants it: a safe point by definition.
/// </remarks>
internal sealed class Trampoline
{
    private const int CodeSize = 256;
    private readonly List<byte> code = [];
    private readonly TargetFunctions functions;

    /// <param name="functions">Where the target's functions lie.</param>
    /// <param name="address">Where the block lies in the target.</param>
    /// <param name="script">The Python source to run; must not raise.</param>
    public Trampoline(TargetFunctions functions, ulong address, string script)
    {
        this.functions = functions;
        Length = LengthFor(script);
        Trap = address;
        code.Add(0xcc); // int3: where calls made by the tracer return to
        var thread = address + (ulong)code.Count;
        EmitThread(address);
        Start = address + (ulong)code.Count;
        EmitStart(thread);
        if (code.Count > CodeSize)
        {
            throw new InvalidOperationException("the code outgrew its place");
        }

        Bytes = new byte[Length];
        code.CopyTo(Bytes, 0);
        Encoding.UTF8.GetBytes(script, Bytes.AsSpan(CodeSize));
    }

    public byte[] Bytes { get; }

    public int Length { get; }

    /// <summary>The address of a breakpoint instruction.</summary>
    public ulong Trap { get; }

    /// <summary>The address of <c>int start(void*)</c>.</summary>
    public ulong Start { get; }

    /// <summary>How much memory the block takes, in bytes.</summary>
    public static int LengthFor(string script) => (CodeSize + Encoding.UTF8.GetByteCount(script) + 1 + 0xfff) & ~0xfff;

    private void EmitThread(ulong address)
    {
        Emit(0x53, 0x41, 0x54, 0x48, 0x83, 0xec, 0x08); // push rbx; push r12; sub rsp, 8
        Call(functions.ThreadSelf);
        Emit(0x48, 0x89, 0xc7); // mov rdi, rax
        Call(functions.DetachThread);
        Call(functions.IsInitialized);
        Emit(0x85, 0xc0, 0x74, 0x00); // test eax, eax; jz done
        var jump = code.Count;
        Call(functions.EnsureGil);
        Emit(0x89, 0xc3); // mov ebx, eax
        Move(0xbf, address + CodeSize); // mov rdi, script
        Call(functions.RunString);
        Emit(0x89, 0xdf); // mov edi, ebx
        Call(functions.ReleaseGil);
        code[jump - 1] = (byte)(code.Count - jump);
        Emit(0x48, 0x83, 0xc4, 0x08, 0x41, 0x5c, 0x5b); // done: add rsp, 8; pop r12; pop rbx
        Move(0xbf, address); // mov rdi, block
        Move(0xbe, (ulong)Length); // mov rsi, length
        Move(0xb8, functions.Unmap);
        Emit(0xff, 0xe0); // jmp rax: munmap returns to where this thread was started
    }

    private void EmitStart(ulong thread)
    {
        Emit(0x48, 0x83, 0xec, 0x18); // sub rsp, 24
        Emit(0x48, 0x8d, 0x7c, 0x24, 0x08); // lea rdi, [rsp + 8]
        Emit(0x31, 0xf6); // xor esi, esi
        Move(0xba, thread); // mov rdx, thread
        Emit(0x31, 0xc9); // xor ecx, ecx
        Call(functions.CreateThread);
        Emit(0x31, 0xc0, 0x48, 0x83, 0xc4, 0x18, 0xc3); // xor eax, eax; add rsp, 24; ret
    }

    private void Call(ulong function)
    {
        Move(0xb8, function); // mov rax, function
        Emit(0xff, 0xd0); // call rax
    }

    private void Move(byte register, ulong value)
    {
        Span<byte> immediate = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(immediate, value);
        Emit(0x48, register);
        code.AddRange(immediate);
    }

    private void Emit(params ReadOnlySpan<byte> bytes) => code.AddRange(bytes);
}
