using System.Collections.Concurrent;

namespace Acme.Payments.Processing;

/// <summary>Attempts that have not been answered yet.</summary>
public sealed class AttemptsUnderWay
{
    private readonly ConcurrentDictionary<Guid, PaymentAttempt> attempts = new();

    public int Count => attempts.Count;

    public Guid Begin(PaymentAttempt attempt)
    {
        var id = Guid.NewGuid();
        attempts[id] = attempt;
        return id;
    }

    public void End(Guid id) => attempts.TryRemove(id, out _);
}
