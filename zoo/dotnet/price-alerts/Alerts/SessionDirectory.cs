using System.Collections.Concurrent;
using Acme.Trading.Instruments;

namespace Acme.Trading.Alerts;

/// <summary>The sessions that are open, by user.</summary>
public sealed class SessionDirectory(InstrumentCatalog catalog, AlertHistory history)
{
    private readonly ConcurrentDictionary<int, AlertSession> open = new();

    public AlertSession Open(int user) => open.GetOrAdd(user, u => new AlertSession(u, catalog, history));

    public bool Close(int user)
    {
        if (!open.TryRemove(user, out var session))
        {
            return false;
        }

        session.Dispose();
        return true;
    }
}
