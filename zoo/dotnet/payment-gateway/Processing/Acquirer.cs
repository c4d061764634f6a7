namespace Acme.Payments.Processing;

/// <summary>The bank at the other end, which takes a moment.</summary>
public sealed class Acquirer
{
    public async Task<bool> AuthoriseAsync(PaymentAttempt attempt, CancellationToken cancellation)
    {
        await Task.Delay(5 + (attempt.Cents % 20), cancellation);
        return attempt.Cents % 17 != 0;
    }
}
