namespace Acme.Trading.Alerts;

/// <summary>The last sessions, for the help desk. Bounded.</summary>
public sealed class AlertHistory
{
    private const int Most = 2000;
    private readonly Queue<string> entries = new();
    private readonly Lock gate = new();

    public void Add(int user, int alerts)
    {
        lock (gate)
        {
            entries.Enqueue($"user {user} left with {alerts} alerts at {DateTime.UtcNow:O}");
            while (entries.Count > Most)
            {
                entries.Dequeue();
            }
        }
    }
}
