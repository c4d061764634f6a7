namespace Tidemark.Core.Heap;

/// <summary>A place where big arrays take no memory until they are looked at, such as a file.</summary>
public abstract class ArrayStore
{
    /// <summary>Puts an array away and gives its memory back, where that can be done.</summary>
    /// <param name="name">What it is; each name is used once.</param>
    /// <param name="array">The array; to be used no more.</param>
    /// <returns>What to read, and to write, instead.</returns>
    public abstract NativeArray<T> Put<T>(string name, NativeArray<T> array)
        where T : unmanaged;

    /// <summary>Zeros that lie in the store from the beginning; null where it has no room.</summary>
    /// <param name="name">What it is; each name is used once.</param>
    /// <param name="length">How many.</param>
    public abstract NativeArray<T>? Make<T>(string name, long length)
        where T : unmanaged;

    /// <summary>Makes an array that lies in the store shorter.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="array">The array.</param>
    /// <param name="length">How many elements stay.</param>
    public abstract void Cut<T>(string name, NativeArray<T> array, long length)
        where T : unmanaged;
}
