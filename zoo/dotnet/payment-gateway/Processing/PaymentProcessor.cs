using Acme.Payments.Merchants;

namespace Acme.Payments.Processing;

/// <summary>Takes a payment to the acquirer. A payment that is under way when the gateway stops is aborted.</summary>
public sealed class PaymentProcessor(
    MerchantRegister merchants,
    AttemptsUnderWay underWay,
    Acquirer acquirer,
    IHostApplicationLifetime lifetime
)
{
    public async Task<string> PayAsync(int merchant, int cents)
    {
        var attempt = new PaymentAttempt(merchants.Find(merchant), cents);
        var id = underWay.Begin(attempt);
        lifetime.ApplicationStopping.Register(attempt.Abort);
        try
        {
            attempt.Note("sent");
            var accepted = await acquirer.AuthoriseAsync(attempt, lifetime.ApplicationStopping);
            attempt.Note(accepted ? "authorised" : "declined");
            return accepted ? $"{attempt.Merchant.Name} gets {attempt.Cents}" : "declined";
        }
        finally
        {
            underWay.End(id);
        }
    }
}
