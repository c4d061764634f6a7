using System.Collections.Concurrent;
using Acme.Devices.Fleet;

namespace Acme.Devices.Links;

/// <summary>The devices that are on the line now.</summary>
public sealed class Switchboard(DeviceModels models, SignalLog log)
{
    private readonly ConcurrentDictionary<int, DeviceLink> links = new();

    public DeviceLink Connect(int device) => links.GetOrAdd(device, d => new DeviceLink(d, models.Of(d), log));

    public int Report(int device, int value)
    {
        if (!links.TryGetValue(device, out var link))
        {
            return 0;
        }

        if (value > 995)
        {
            link.Hurry();
        }

        return link.Take(value);
    }

    public bool HangUp(int device) => links.TryRemove(device, out _);
}
