using System.Runtime.InteropServices;

namespace Tidemark.Runtimes.Processes;

/// <summary>Acts in the name of another user, for runtimes that talk to their own user only. Needs root where that user is not ours.</summary>
internal sealed partial class Identity
{
    private readonly int user;
    private readonly int group;

    private Identity(int user, int group)
    {
        this.user = user;
        this.group = group;
    }

    /// <summary>Our own effective user.</summary>
    public static int EffectiveUser { get; } = (int)GetEffectiveUser();

    private static int EffectiveGroup { get; } = (int)GetEffectiveGroup();

    public static Identity Of(ProcessIds ids) => new(ids.User, ids.Group);

    /// <summary>Runs something short in this user's name, on a thread of its own that ends with it.</summary>
    public Task RunAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Assume();
                action();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = "identity",
        };
        thread.Start();
        return done.Task;
    }

    /// <summary>Makes a file of ours that of the process's user.</summary>
    /// <exception cref="IOException">It may not be given away.</exception>
    public static void GiveFile(string path, ProcessIds ids)
    {
        if (
            (ids.User != EffectiveUser || ids.Group != EffectiveGroup)
            && ChangeOwner(path, (uint)ids.User, (uint)ids.Group) != 0
        )
        {
            throw new IOException($"{path} cannot be given to user {ids.User}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Takes the user and group on for the calling thread alone: the kernel keeps them a thread, only the C library a process.</summary>
    private void Assume()
    {
        if (EffectiveUser != 0 || (user == EffectiveUser && group == EffectiveGroup))
        {
            return;
        }

        var (setUser, setGroup) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (117, 119),
            _ => (147, 149),
        };
        if (SystemCall(setGroup, -1, group, -1) != 0 || SystemCall(setUser, -1, user, -1) != 0)
        {
            throw new IOException($"user {user} cannot be taken on: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    private static partial uint GetEffectiveGroup();

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    // setresuid and setresgid: real, effective, saved; -1 leaves one alone.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint real, nint effective, nint saved);
}
