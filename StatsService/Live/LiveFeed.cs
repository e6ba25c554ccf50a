using System.Threading.Channels;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Live;

/// <summary>Tells listeners when the views moved on. Looks at the positions four times a second while anybody listens, and not at all otherwise.</summary>
internal sealed partial class LiveFeed(ViewPositions positions, TimeProvider time, ILogger<LiveFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly SemaphoreSlim somebody = new(0);
    private readonly HashSet<Channel<LiveTick>> listeners = [];
    private LiveTick? last;

    /// <summary>Begins to listen. The first tick says where the views stand; a slow listener gets only the newest.</summary>
    public Subscription Listen()
    {
        var channel = Channel.CreateBounded<LiveTick>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (gate)
        {
            listeners.Add(channel);
            if (listeners.Count == 1)
            {
                last = null;
                somebody.Release();
            }
            else if (last is not null)
            {
                channel.Writer.TryWrite(last);
            }
        }

        return new Subscription(this, channel);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!Listened())
            {
                await somebody.WaitAsync(stoppingToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                Tell(await positions.TickAsync(stoppingToken).ConfigureAwait(false));
            }
            catch (Npgsql.NpgsqlException e)
            {
                LogBlind(e);
            }

            await Task.Delay(Look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool Listened()
    {
        lock (gate)
        {
            return listeners.Count > 0;
        }
    }

    private void Tell(LiveTick tick)
    {
        lock (gate)
        {
            if (tick.Position != last?.Position)
            {
                last = tick;
                foreach (var listener in listeners)
                {
                    listener.Writer.TryWrite(tick);
                }
            }
        }
    }

    private void Leave(Channel<LiveTick> channel)
    {
        lock (gate)
        {
            listeners.Remove(channel);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The live feed cannot read where the views stand")]
    private partial void LogBlind(Exception e);

    /// <summary>A listener, until disposed.</summary>
    public sealed class Subscription(LiveFeed feed, Channel<LiveTick> channel) : IDisposable
    {
        public ChannelReader<LiveTick> Ticks => channel.Reader;

        public void Dispose() => feed.Leave(channel);
    }
}
