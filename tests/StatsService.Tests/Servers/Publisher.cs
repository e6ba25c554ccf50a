using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Messaging;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.StatsService.Tests.Servers;

/// <summary>Sends batches over the bus as a proxy does.</summary>
internal sealed class Publisher : IAsyncDisposable
{
    private readonly IHost host;

    private Publisher(IHost host) => this.host = host;

    public static async Task<Publisher> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings!);
        builder.Logging.ClearProviders();
        builder.AddMessaging();
        var host = builder.Build();
        await host.StartAsync();
        return new Publisher(host);
    }

    /// <summary>Sends batches, several at a time, and returns when the broker has confirmed all.</summary>
    public Task SendAsync(IEnumerable<RequestsCompleted> batches) =>
        Parallel.ForEachAsync(batches, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (batch, cancellation) => await SendAsync(batch, cancellation));

    public Task SendAsync(RequestsCompleted batch, CancellationToken cancellation = default) =>
        host.Services.GetRequiredService<IBus>().Publish(batch, context => context.MessageId = batch.BatchId, cancellation);

    public Task SendAsync<TMessage>(TMessage message)
        where TMessage : class => host.Services.GetRequiredService<IBus>().Publish(message);

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}
