using System.Globalization;
using Tidemark.Core.Series;

namespace Tidemark.Worlds;

/// <summary>Writes a history in the contract's CSV format.</summary>
public static class CsvWriter
{
    public static void Write(string path, ProcessHistory history)
    {
        var present = Signals.All.Where(s => history.Has(s.Signal)).ToArray();
        using var file = new StreamWriter(path);
        file.WriteLine("time," + string.Join(',', present.Select(s => s.Column)));
        for (var i = 0; i < history.Count; i++)
        {
            var index = i;
            file.WriteLine(
                string.Join(
                    ',',
                    present
                        .Select(s => Cell(history.Values(s.Signal)[index]))
                        .Prepend(history.Times[i].ToString("0.###", CultureInfo.InvariantCulture))
                )
            );
        }
    }

    private static string Cell(double value) =>
        double.IsNaN(value) ? "" : value.ToString("0.###", CultureInfo.InvariantCulture);
}
