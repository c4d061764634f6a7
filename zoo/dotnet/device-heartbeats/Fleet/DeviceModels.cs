namespace Acme.Devices.Fleet;

public sealed class DeviceModel(int number)
{
    public string Name { get; } = $"Model {number}";

    public Dictionary<string, double> Limits { get; } =
        Enumerable.Range(0, 30).ToDictionary(i => $"sensor-{number % 50}-{i}", i => i * 1.5);

    public byte[] Firmware { get; } = new byte[1024];
}

/// <summary>Everything that is known of the devices in the field; loaded once.</summary>
public sealed class DeviceModels
{
    private readonly SortedDictionary<int, DeviceModel> models = [];

    public static DeviceModels Load(int count)
    {
        var all = new DeviceModels();
        for (var i = 0; i < count; i++)
        {
            all.models.Add(i, new DeviceModel(i));
        }

        return all;
    }

    public DeviceModel Of(int device) => models[device % models.Count];
}
