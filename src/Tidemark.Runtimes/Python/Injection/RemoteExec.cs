using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tidemark.Runtimes.Injection;
using Tidemark.Runtimes.Processes;
using Tidemark.Runtimes.Python.Agent;

namespace Tidemark.Runtimes.Python.Injection;

/// <summary>The entry point that CPython 3.14 offers for this purpose: what <c>sys.remote_exec</c> does, from outside.</summary>
/// <remarks>
/// Source: PEP 768 and CPython's "Remote debugging attachment protocol". The table of offsets at the start of the section
/// <c>.PyRuntime</c> leads to the main thread's state, where the path of a script is written and its eval breaker is set; the
/// main thread runs the script when it next executes Python code.
/// </remarks>
internal static partial class RemoteExec
{
    private const int SupportedMinor = 14;
    private const int PleaseStop = 1 << 5;
    private const ulong PathSize = 512;

    // Places in 3.14's table of offsets, in words of eight bytes from its start.
    private const int Version = 1;
    private const int InterpretersHead = 5;
    private const int ThreadsMain = 10;
    private const int EvalBreaker = 89;
    private const int RemoteDebuggerSupport = 90;
    private const int RemoteDebuggingEnabled = 91;
    private const int PendingCall = 92;
    private const int ScriptPath = 93;
    private const int ScriptPathSize = 94;
    private const int TableWords = 95;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Starts the agent.</summary>
    /// <returns>A connection to it; null where the interpreter has no such entry point, or its main thread executes no Python code now.</returns>
    /// <exception cref="AttachFailedException">The program was started with remote debugging switched off.</exception>
    public static async Task<Socket?> TryStartAsync(int pid, CancellationToken cancellation)
    {
        if (
            ProcessImage.Read(pid).FindSection(n => n.Contains("ython", StringComparison.Ordinal), ".PyRuntime")
            is not { } runtime
        )
        {
            return null;
        }

        using var memory = OpenMemory(pid);
        var table = memory is null ? null : ReadTable(memory, runtime);
        if (table is null)
        {
            return null;
        }

        var interpreter = ReadPointer(memory!, runtime + table[InterpretersHead]);
        var thread = interpreter == 0 ? 0 : ReadPointer(memory!, interpreter + table[ThreadsMain]);
        if (thread == 0)
        {
            return null;
        }

        if (ReadInt32(memory!, interpreter + table[RemoteDebuggingEnabled]) == 0)
        {
            throw new AttachFailedException(
                $"process {pid} was started with remote debugging switched off (PYTHON_DISABLE_REMOTE_DEBUG or "
                    + "-X disable-remote-debug): let the program load the agent itself (tidemark python-agent)"
            );
        }

        using var meeting = MeetingPlace.Create(pid);
        var support = thread + table[RemoteDebuggerSupport];
        Write(memory!, support + table[ScriptPath], Encoding.UTF8.GetBytes(meeting.ScriptPath + "\0"));
        Write(memory!, support + table[PendingCall], BitConverter.GetBytes(1));
        var breaker = ReadPointer(memory!, thread + table[EvalBreaker]);
        Write(memory!, thread + table[EvalBreaker], BitConverter.GetBytes(breaker | PleaseStop));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            return await meeting.AcceptAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Write(memory!, support + table[PendingCall], BitConverter.GetBytes(0));
            return null;
        }
    }

    /// <summary>The table of offsets, or null where it is not the one that is known here.</summary>
    internal static ulong[]? ReadTable(SafeFileHandle memory, ulong runtime)
    {
        var bytes = new byte[TableWords * sizeof(ulong)];
        if (RandomAccess.Read(memory, bytes, (long)runtime) < bytes.Length || !bytes.AsSpan().StartsWith("xdebugpy"u8))
        {
            return null;
        }

        var table = MemoryMarshal.Cast<byte, ulong>(bytes).ToArray();
        var (major, minor) = (table[Version] >> 24, (table[Version] >> 16) & 0xff);
        return major == 3 && minor == SupportedMinor && table[ScriptPathSize] == PathSize ? table : null;
    }

    private static SafeFileHandle? OpenMemory(int pid)
    {
        try
        {
            return File.OpenHandle($"/proc/{pid}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (UnauthorizedAccessException)
        {
            return null; // the other way in will say so
        }
    }

    private static ulong ReadPointer(SafeFileHandle memory, ulong address)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        return RandomAccess.Read(memory, bytes, (long)address) == bytes.Length
            ? BinaryPrimitives.ReadUInt64LittleEndian(bytes)
            : 0;
    }

    private static int ReadInt32(SafeFileHandle memory, ulong address) => (int)ReadPointer(memory, address);

    private static void Write(SafeFileHandle memory, ulong address, byte[] bytes) =>
        MemoryFile.Write(memory, address, bytes);

    /// <summary>A directory that only the target's user can enter, with the script and the socket on which it calls back; removed when disposed.</summary>
    private sealed partial class MeetingPlace : IDisposable
    {
        private readonly string outside;
        private readonly Socket listener;

        private MeetingPlace(string outside, string inside, Socket listener)
        {
            this.outside = outside;
            this.listener = listener;
            ScriptPath = inside + "/agent.py";
        }

        /// <summary>The script as the target names it.</summary>
        public string ScriptPath { get; }

        public static MeetingPlace Create(int pid)
        {
            var inside = "/tmp/tidemark-" + Guid.NewGuid().ToString("N");
            var outside = $"/proc/{pid}/root{inside}";
            const UnixFileMode onlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(outside, onlyOwner);
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            var place = new MeetingPlace(outside, inside, listener);
            try
            {
                listener.Bind(new UnixDomainSocketEndPoint(outside + "/s"));
                listener.Listen(1);
                File.WriteAllText(outside + "/agent.py", AgentSource.ForSocketPath(inside + "/s"));
                var owner = File.ReadLines($"/proc/{pid}/status")
                    .First(l => l.StartsWith("Uid:", StringComparison.Ordinal))
                    .Split('\t')[2];
                foreach (var path in (string[])[outside + "/s", outside + "/agent.py", outside])
                {
                    _ = ChangeOwner(path, uint.Parse(owner, CultureInfo.InvariantCulture), uint.MaxValue);
                }

                return place;
            }
            catch
            {
                place.Dispose();
                throw;
            }
        }

        public async Task<Socket> AcceptAsync(CancellationToken cancellation) =>
            await listener.AcceptAsync(cancellation);

        public void Dispose()
        {
            listener.Dispose();
            Directory.Delete(outside, recursive: true);
        }

        [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
        private static partial int ChangeOwner(string path, uint user, uint group);
    }
}
