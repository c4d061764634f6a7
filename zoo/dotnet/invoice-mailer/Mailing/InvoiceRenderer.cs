using System.Text;
using Acme.Invoicing.Customers;

namespace Acme.Invoicing.Mailing;

/// <summary>Draws one invoice on a page of its own.</summary>
public sealed class InvoiceRenderer : IDisposable
{
    private readonly byte[] page = new byte[9 * 1024];
    private readonly StringBuilder text = new();

    public string Render(Customer customer)
    {
        text.Append("Invoice for ").AppendLine(customer.Name);
        foreach (var line in customer.Address)
        {
            text.AppendLine(line);
        }

        foreach (var (year, turnover) in customer.Turnover)
        {
            text.Append(year).Append(": ").Append(turnover).AppendLine();
        }

        page[text.Length % page.Length] = 1;
        return text.ToString();
    }

    public void Dispose() => text.Clear();
}
