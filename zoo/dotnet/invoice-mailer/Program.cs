using Acme.Invoicing.Customers;
using Acme.Invoicing.Mailing;
using Acme.Platform;

await Service.RunAsync(
    builder =>
    {
        builder.Services.AddSingleton(CustomerDirectory.Load(60_000));
        builder.Services.AddSingleton<Outbox>();
        builder.Services.AddSingleton<InvoiceMailer>();
        builder.Services.AddTransient<InvoiceRenderer>();
        builder.Services.AddScoped<CustomerLookup>();
    },
    app =>
    {
        app.MapGet("/invoice/{customer:int}", (int customer, InvoiceMailer mailer) => mailer.Send(customer));
        app.MapGet("/customer/{number:int}", (int number, CustomerLookup customers) => customers.Name(number));
        app.MapGet("/outbox", (Outbox outbox) => outbox.Count);
    },
    (traffic, _) =>
        traffic.SendAsync(
            _ => 120,
            number =>
                (number % 10) switch
                {
                    < 5 => $"/invoice/{traffic.Random.Next(60_000)}",
                    < 9 => $"/customer/{traffic.Random.Next(60_000)}",
                    _ => "/outbox",
                }
        )
);
