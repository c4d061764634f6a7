using Acme.Invoicing.Customers;

namespace Acme.Invoicing.Mailing;

/// <summary>Sends invoices.</summary>
public sealed class InvoiceMailer(IServiceProvider services, CustomerDirectory customers, Outbox outbox)
{
    public int Send(int number)
    {
        using var renderer = services.GetRequiredService<InvoiceRenderer>();
        var text = renderer.Render(customers.Find(number));
        outbox.Put(text);
        return text.Length;
    }
}
