namespace Acme.Trading.Instruments;

public sealed record Instrument(string Symbol, string Name, string Exchange, decimal[] DailyCloses);

/// <summary>All instruments there are; loaded once.</summary>
public sealed class InstrumentCatalog
{
    private readonly Dictionary<string, Instrument> bySymbol = new(StringComparer.Ordinal);
    private readonly List<Instrument> all = [];

    public static InstrumentCatalog Load(int count)
    {
        var catalog = new InstrumentCatalog();
        var random = new Random(3);
        for (var i = 0; i < count; i++)
        {
            var closes = new decimal[90];
            for (var day = 0; day < closes.Length; day++)
            {
                closes[day] = random.Next(1, 500);
            }

            var instrument = new Instrument($"S{i}", $"Instrument number {i} of {count}", "XETR", closes);
            catalog.bySymbol.Add(instrument.Symbol, instrument);
            catalog.all.Add(instrument);
        }

        return catalog;
    }

    public Instrument At(int index) => all[index % all.Count];

    public Instrument? Find(string symbol) => bySymbol.GetValueOrDefault(symbol);
}
