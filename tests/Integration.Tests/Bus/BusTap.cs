using System.Collections.Concurrent;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace GeminiBalance.Integration.Tests.Bus;

/// <summary>A message as it lay on the wire.</summary>
/// <param name="Exchange">The exchange it was published to.</param>
/// <param name="MessageId">The AMQP message id.</param>
/// <param name="Headers">Names and values of its headers.</param>
/// <param name="Body">Its body.</param>
public sealed record TappedMessage(string Exchange, string? MessageId, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>A second reader of every message on the bus, without the product's own library in between.</summary>
public sealed class BusTap : IAsyncDisposable
{
    /// <summary>The exchanges by the names other programs may rely on.</summary>
    public static IReadOnlyList<string> Exchanges { get; } = ["gb.requests-completed.v1", "gb.key-attempts-failed.v1"];

    private readonly IConnection connection;
    private readonly IChannel channel;

    private BusTap(IConnection connection, IChannel channel)
    {
        this.connection = connection;
        this.channel = channel;
    }

    public ConcurrentQueue<TappedMessage> Messages { get; } = new();

    /// <summary>Binds a queue of its own to the exchanges.</summary>
    public static async Task<BusTap> ConnectAsync(string address)
    {
        var connection = await new ConnectionFactory { Uri = new Uri(address), ClientProvidedName = "integration tests" }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync();
        var tap = new BusTap(connection, channel);
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        foreach (var exchange in Exchanges)
        {
            // The same settings MassTransit declares: whoever comes first, the other one agrees.
            await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
            await channel.QueueBindAsync(queue, exchange, "");
        }

        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivered) =>
        {
            var headers = (delivered.BasicProperties.Headers ?? new Dictionary<string, object?>())
                .ToDictionary(header => header.Key, header => header.Value is byte[] text ? System.Text.Encoding.UTF8.GetString(text) : header.Value?.ToString() ?? "");
            tap.Messages.Enqueue(new TappedMessage(delivered.Exchange, delivered.BasicProperties.MessageId, headers, delivered.Body.ToArray()));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        return tap;
    }

    public async ValueTask DisposeAsync()
    {
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }
}
