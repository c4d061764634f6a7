namespace Tidemark.Core.Heap;

/// <summary>Why an object is alive without being referenced from another.</summary>
public enum RootKind : byte
{
    Other,

    /// <summary>A static field or a module-level variable.</summary>
    Static,

    /// <summary>A local variable or a register on a thread's stack.</summary>
    Stack,

    /// <summary>A thread object.</summary>
    Thread,

    /// <summary>A handle of native code: JNI global, GCHandle, persistent handle.</summary>
    Handle,

    /// <summary>An object whose finalizer has not run yet.</summary>
    FinalizerQueue,

    /// <summary>A class or module that the runtime never unloads.</summary>
    SystemClass,

    /// <summary>A monitor that is held or waited for.</summary>
    Monitor,

    /// <summary>Held by the runtime itself.</summary>
    Runtime,
}

/// <summary>One reason why an object is alive.</summary>
/// <param name="Node">The object.</param>
/// <param name="Kind">The reason.</param>
/// <param name="Name">In the field's own words, such as <c>static Acme.Sessions.ById</c> or <c>thread pool-1-thread-3</c>; null where unknown.</param>
public readonly record struct HeapRoot(int Node, RootKind Kind, string? Name);
