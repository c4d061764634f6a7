using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Tidemark.Runtimes.Processes;

namespace Tidemark.Runtimes.Jvm;

/// <summary>Which virtual machine a process runs.</summary>
internal enum JvmKind
{
    None,

    /// <summary>OpenJDK, Oracle, Corretto, Temurin, Zulu, GraalVM in JIT mode, ...</summary>
    HotSpot,

    /// <summary>Eclipse OpenJ9 and IBM Semeru: another attach protocol and other dumps.</summary>
    OpenJ9,
}

/// <summary>What can be told of a JVM from outside, without touching it.</summary>
internal sealed partial class JvmProcess
{
    // -XX:PerfDataMemorySize is 32 KiB unless somebody needs more.
    private const int LargestPerfData = 1 << 20;

    private static readonly string[] OptionVariables = ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"];

    private JvmProcess(LinuxProcess process, JvmKind kind, string? perfDataPath)
    {
        Process = process;
        Kind = kind;
        PerfDataPath = perfDataPath;
    }

    public LinuxProcess Process { get; }

    public JvmKind Kind { get; }

    /// <summary>The counters' file, seen from here; null where the JVM has none (<c>-XX:-UsePerfData</c>) or hides it.</summary>
    public string? PerfDataPath { get; }

    /// <summary>True where the JVM was told not to be attached to.</summary>
    public bool ForbidsAttach
    {
        get
        {
            var counters = ReadPerfData();
            return Process
                .ReadCommandLine()
                .Concat(OptionVariables.Select(v => Process.ReadEnvironment(v)))
                .Append(counters?.Text("java.rt.vmArgs"))
                .Append(counters?.Text("java.rt.vmFlags"))
                .Any(o => o?.Contains("-XX:+DisableAttachMechanism", StringComparison.Ordinal) ?? false);
        }
    }

    /// <summary>Ports of the debugger and of remote management, which take anything else for an attack.</summary>
    public IReadOnlySet<int> ReadControlPorts() =>
        Process
            .ReadCommandLine()
            .Concat(OptionVariables.Select(v => Process.ReadEnvironment(v) ?? ""))
            .SelectMany(o => ControlPort().Matches(o))
            .Select(m => int.Parse(m.Groups["port"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture))
            .ToHashSet();

    /// <summary>Looks at a process; null where there is none of that number.</summary>
    public static JvmProcess? Find(int pid)
    {
        if (LinuxProcess.Find(pid) is not { } process)
        {
            return null;
        }

        var files = process.ReadMappedFiles();
        var perfData = FindPerfData(process, files);
        return new JvmProcess(process, KindOf(process, files, perfData), perfData);
    }

    /// <summary>The counters now; null where there are none.</summary>
    public PerfData? ReadPerfData()
    {
        if (PerfDataPath is null)
        {
            return null;
        }

        try
        {
            using var file = OpenUnlocked(PerfDataPath);
            var content = new byte[Math.Min(RandomAccess.GetLength(file), LargestPerfData)];
            return PerfData.Parse(content.AsSpan(0, RandomAccess.Read(file, content, 0)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Opens a file without the lock that .NET asks for: recent JVMs hold one on theirs, and it is not meant for readers.</summary>
    private static SafeFileHandle OpenUnlocked(string path)
    {
        const int readOnlyCloseOnExec = 0x80000;
        var handle = new SafeFileHandle(OpenFile(path, readOnlyCloseOnExec), ownsHandle: true);
        return handle.IsInvalid ? throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}") : handle;
    }

    // -agentlib:jdwp=transport=dt_socket,server=y,address=*:5005 and -Dcom.sun.management.jmxremote.port=9010
    [GeneratedRegex(
        @"(jdwp=.*address=([^,\s]*:)?|jmxremote\.(rmi\.)?port=)(?<port>\d{1,5})",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex ControlPort();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    private static JvmKind KindOf(LinuxProcess process, IReadOnlySet<string>? files, string? perfData)
    {
        if (files is null)
        {
            // Somebody else's process: its name and its counters' file are all there is to see.
            return perfData is not null || process.ReadCommand() == "java" ? JvmKind.HotSpot : JvmKind.None;
        }

        // OpenJ9 ships a libjvm.so as well, which only forwards to its own library.
        return Maps(files, "/libj9vm") ? JvmKind.OpenJ9
            : Maps(files, "/libjvm.so") ? JvmKind.HotSpot
            : JvmKind.None;
    }

    /// <summary>HotSpot keeps the file in <c>/tmp</c> of its own file system, whatever <c>java.io.tmpdir</c> says, under its own process id.</summary>
    private static string? FindPerfData(LinuxProcess process, IReadOnlySet<string>? files)
    {
        var name = process.Ids.NamespacePid.ToString(CultureInfo.InvariantCulture);
        if (files is not null && !Maps(files, "/hsperfdata_"))
        {
            // Not mapped: a file of that number is left over from another process.
            return null;
        }

        try
        {
            return Directory
                .EnumerateDirectories($"{process.Root}/tmp", "hsperfdata_*")
                .Select(folder => Path.Combine(folder, name))
                .FirstOrDefault(File.Exists);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Not the end of the path: a library that an upgrade has replaced is shown with " (deleted)" behind it.
    private static bool Maps(IReadOnlySet<string> files, string name) =>
        files.Any(f => f.Contains(name, StringComparison.Ordinal));
}
