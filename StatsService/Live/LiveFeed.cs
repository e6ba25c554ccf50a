using System.Threading.Channels;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Live;

/// <summary>
/// Tells listeners when the views moved on, over a request they want to hear of. Looks at the positions four times a second while anybody
/// listens, and not at all otherwise.
/// </summary>
internal sealed partial class LiveFeed(ViewPositions positions, Arrivals arrivals, TimeProvider time, ILogger<LiveFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Lets everything through, also what is no request.</summary>
    private static readonly UsageScope Everything = new();

    private readonly Lock gate = new();
    private readonly SemaphoreSlim somebody = new(0);
    private readonly Dictionary<Channel<LiveTick>, UsageScope> listeners = [];
    private LiveTick? last;

    /// <summary>Begins to listen. The first tick says where the views stand; a slow listener gets only the newest.</summary>
    public Subscription Listen(UsageScope filter)
    {
        var channel = Channel.CreateBounded<LiveTick>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (gate)
        {
            listeners.Add(channel, filter);
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
                await TellAsync(await positions.TickAsync(stoppingToken).ConfigureAwait(false), stoppingToken).ConfigureAwait(false);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
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

    private async Task TellAsync(LiveTick tick, CancellationToken cancellation)
    {
        LiveTick? before;
        UsageScope[] filters;
        lock (gate)
        {
            before = last;
            filters = [.. listeners.Values.Where(filter => filter != Everything).Distinct()];
        }

        if (tick.Position == before?.Position)
        {
            return;
        }

        var unconcerned = new HashSet<UsageScope>();
        foreach (var filter in filters)
        {
            if (before is not null && !await arrivals.AnyAsync(filter, before.Position, tick.Position, cancellation).ConfigureAwait(false))
            {
                unconcerned.Add(filter);
            }
        }

        lock (gate)
        {
            // Who came in between was not looked for, and is told.
            foreach (var (listener, filter) in listeners)
            {
                if (last is null || !unconcerned.Contains(filter))
                {
                    listener.Writer.TryWrite(tick);
                }
            }

            last = tick;
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
