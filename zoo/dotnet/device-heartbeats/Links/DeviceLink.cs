using Acme.Devices.Fleet;

namespace Acme.Devices.Links;

/// <summary>A device on the line. It is asked for a sign of life every few seconds.</summary>
public sealed class DeviceLink
{
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(20);

    private readonly Timer heartbeat;
    private readonly byte[] frame = new byte[10 * 1024];
    private readonly Queue<int> values = new();
    private readonly SignalLog log;

    public DeviceLink(int device, DeviceModel model, SignalLog log)
    {
        Device = device;
        Model = model;
        this.log = log;
        heartbeat = new Timer(_ => Beat(), state: null, HeartbeatEvery, HeartbeatEvery);
    }

    public int Device { get; }

    public DeviceModel Model { get; }

    public int Take(int value)
    {
        lock (values)
        {
            values.Enqueue(value);
            if (values.Count > 50)
            {
                values.Dequeue();
            }

            frame[value % frame.Length]++;
            return values.Count;
        }
    }

    /// <summary>Beats faster while something is wrong.</summary>
    public void Hurry() => heartbeat.Change(TimeSpan.FromSeconds(5), HeartbeatEvery);

    private void Beat() => log.Add(Device, frame[0]);
}
