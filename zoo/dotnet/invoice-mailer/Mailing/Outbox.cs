using System.Threading.Channels;

namespace Acme.Invoicing.Mailing;

/// <summary>Mail that waits for the wire; what nobody fetches is dropped. Bounded.</summary>
public sealed class Outbox
{
    private readonly Channel<string> mail = Channel.CreateBounded<string>(
        new BoundedChannelOptions(1500) { FullMode = BoundedChannelFullMode.DropOldest }
    );

    public int Count => mail.Reader.Count;

    public void Put(string text) => mail.Writer.TryWrite(text);
}
