namespace Acme.Devices.Links;

/// <summary>The last signs of life, in a ring.</summary>
public sealed class SignalLog
{
    private readonly string?[] ring = new string?[10_000];
    private int next = -1;

    public void Add(int device, byte sign)
    {
        var at = (uint)Interlocked.Increment(ref next) % (uint)ring.Length;
        ring[at] = $"{DateTime.UtcNow:T} device {device} says {sign}";
    }
}
