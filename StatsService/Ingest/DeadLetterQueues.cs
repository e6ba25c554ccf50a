using System.Globalization;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>The queues of messages that could not be worked off, and the way back from them.</summary>
internal sealed class DeadLetterQueues(IConfiguration configuration, AbsentQueues absent, TimeProvider time) : IAsyncDisposable
{
    private static readonly (string Aside, string Home)[] Queues =
    [
        (RequestsCompletedDefinition.Queue + "_error", RequestsCompletedDefinition.Queue),
        (RequestsCompletedDefinition.Queue + "_skipped", RequestsCompletedDefinition.Queue),
        (RequestsCompletedDefinition.DeadLetterQueue, RequestsCompletedDefinition.Queue),
        (DomainChangesDefinition.Queue + "_error", DomainChangesDefinition.Queue),
        (DomainChangesDefinition.Queue + "_skipped", DomainChangesDefinition.Queue),
        (DomainChangesDefinition.DeadLetterQueue, DomainChangesDefinition.Queue),
    ];

    private IConnection? kept;

    /// <summary>How many messages each holds.</summary>
    public async Task<IReadOnlyDictionary<string, long>> DepthsAsync(CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(cancellation).ConfigureAwait(false);
        var depths = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (aside, _) in Queues)
        {
            depths[aside] = await DepthAsync(connection, aside, cancellation).ConfigureAwait(false) ?? 0;
        }

        return depths;
    }

    /// <summary>How many messages are aside in all, for one who asks again and again, one question at a time: keeps its connection, and seldom asks for what was not there.</summary>
    /// <returns>How many, and whether every queue was asked for.</returns>
    public async Task<(long Waiting, bool IsWhole)> WaitingAsync(CancellationToken cancellation)
    {
        if (kept is not { IsOpen: true })
        {
            await DisposeAsync().ConfigureAwait(false);
            kept = await ConnectAsync(cancellation).ConfigureAwait(false);
        }

        var (waiting, isWhole) = (0L, true);
        foreach (var (aside, _) in Queues)
        {
            if (!absent.IsDue(aside, time.GetUtcNow()))
            {
                isWhole = false;
                continue;
            }

            var depth = await DepthAsync(kept, aside, cancellation).ConfigureAwait(false);
            absent.Told(aside, depth is not null, time.GetUtcNow());
            waiting += depth ?? 0;
        }

        return (waiting, isWhole);
    }

    /// <summary>Asks for every queue the next time.</summary>
    public void LookEverywhere() => absent.Suspect();

    /// <summary>Puts the messages that are aside now back into their queue. Each leaves its place only after the broker has taken it anew.</summary>
    public async Task<long> ReplayAsync(CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(cancellation).ConfigureAwait(false);
        var moved = 0L;
        foreach (var (aside, home) in Queues)
        {
            if (await DepthAsync(connection, aside, cancellation).ConfigureAwait(false) is > 0 and var waiting)
            {
                moved += await MoveAsync(connection, aside, home, waiting, cancellation).ConfigureAwait(false);
            }
        }

        return moved;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref kept, null) is { } connection)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<long> MoveAsync(IConnection connection, string aside, string home, long waiting, CancellationToken cancellation)
    {
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true), cancellation).ConfigureAwait(false);
        for (var moved = 0L; moved < waiting; moved++)
        {
            // No more than there were: a message that fails again comes back here, and would be moved for ever.
            if (await channel.BasicGetAsync(aside, autoAck: false, cancellation).ConfigureAwait(false) is not { } message)
            {
                return moved;
            }

            var properties = new BasicProperties(message.BasicProperties) { Headers = null };
            await channel.BasicPublishAsync("", home, mandatory: true, properties, message.Body, cancellation).ConfigureAwait(false);
            await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellation).ConfigureAwait(false);
        }

        return waiting;
    }

    /// <summary>How many messages a queue holds; null when there is no such queue.</summary>
    private static async Task<long?> DepthAsync(IConnection connection, string queue, CancellationToken cancellation)
    {
        // A channel does not outlive the question for a queue that is not there.
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation).ConfigureAwait(false);
        try
        {
            return (await channel.QueueDeclarePassiveAsync(queue, cancellation).ConfigureAwait(false)).MessageCount;
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return null;
        }
    }

    private async Task<IConnection> ConnectAsync(CancellationToken cancellation)
    {
        var factory = new ConnectionFactory
        {
            Uri = new Uri(configuration.GetConnectionString("messaging")!),
            AutomaticRecoveryEnabled = false,
            RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
            ContinuationTimeout = TimeSpan.FromSeconds(5),
        };
        return await factory.CreateConnectionAsync(string.Create(CultureInfo.InvariantCulture, $"stats dead letters {Environment.ProcessId}"), cancellation).ConfigureAwait(false);
    }
}
