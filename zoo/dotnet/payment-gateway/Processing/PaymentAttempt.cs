using Acme.Payments.Merchants;

namespace Acme.Payments.Processing;

/// <summary>One try to get a payment through: the messages that go back and forth, and how it stands.</summary>
public sealed class PaymentAttempt(Merchant merchant, int cents)
{
    private readonly byte[] message = new byte[6 * 1024];
    private readonly List<string> steps = [];

    public Merchant Merchant { get; } = merchant;

    public int Cents { get; } = cents;

    public bool IsAborted { get; private set; }

    public ReadOnlyMemory<byte> Message => message;

    public void Note(string step) => steps.Add($"{DateTime.UtcNow:O} {step}");

    public void Abort()
    {
        IsAborted = true;
        Note("aborted: the gateway is shutting down");
    }
}
