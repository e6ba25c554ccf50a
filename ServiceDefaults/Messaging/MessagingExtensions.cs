using System.Text.Json.Serialization;
using GeminiBalance.Contracts;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.ServiceDefaults.Messaging;

/// <summary>The bus: MassTransit over RabbitMQ.</summary>
public static class MessagingExtensions
{
    /// <summary>
    /// Adds the bus of <c>ConnectionStrings:messaging</c>. The service starts without waiting for the broker and connects when it is there.
    /// Publishing is confirmed by the broker; it waits for as long as the broker is silent, so callers bring their own deadline.
    /// </summary>
    /// <param name="builder">The host builder.</param>
    /// <param name="configure">Registers consumers.</param>
    /// <exception cref="StartupException"><c>ConnectionStrings:messaging</c> is missing or no AMQP address.</exception>
    public static void AddMessaging(this IHostApplicationBuilder builder, Action<IBusRegistrationConfigurator>? configure = null)
    {
        var address = builder.Configuration.GetConnectionString("messaging");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var broker) || broker.Scheme is not ("amqp" or "amqps"))
        {
            throw new StartupException("ConnectionStrings:messaging must be the address of RabbitMQ, as in amqp://user:password@host:5672.");
        }

        builder.Services.AddOptions<MassTransitHostOptions>().Configure(options => options.WaitUntilStarted = false);
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.SetKebabCaseEndpointNameFormatter();
            bus.ConfigureHealthCheckOptions(options =>
            {
                // Without a tag of ours the check would be tagged "ready", and a service can serve without the bus.
                options.Tags.Clear();
                options.Tags.Add("bus");
            });
            configure?.Invoke(bus);
            bus.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(broker, host => host.ConnectionName(builder.Environment.ApplicationName));
                rabbit.UseContractsJson();
                rabbit.ConfigureEndpoints(context);
            });
        });
    }

    /// <summary>Writes messages as <see cref="ContractsJson"/> says, inside MassTransit's envelope.</summary>
    /// <param name="bus">The bus.</param>
    internal static void UseContractsJson(this IBusFactoryConfigurator bus) => bus.ConfigureJsonSerializerOptions(options =>
    {
        options.WriteIndented = false;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        if (!options.Converters.OfType<JsonStringEnumConverter>().Any())
        {
            options.Converters.Add(new JsonStringEnumConverter());
        }

        return options;
    });
}
