using System.Collections.Concurrent;
using System.Globalization;

namespace GeminiBalance.Chaos.Load;

/// <summary>Clients that ask, wait a moment, and ask again, until they are told to stop; and the ledger of what they saw.</summary>
internal sealed class LoadDriver : IAsyncDisposable
{
    private readonly ConcurrentQueue<ClientEntry> entries = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly ChatClient client;
    private readonly Task running;

    /// <summary>Begins.</summary>
    /// <param name="address">The gateway.</param>
    /// <param name="accessKey">The clients' key.</param>
    /// <param name="seed">What the requests are drawn from.</param>
    /// <param name="round">What the requests' names begin with.</param>
    /// <param name="clients">How many clients ask at a time.</param>
    public LoadDriver(Uri address, string accessKey, int seed, string round, int clients)
    {
        client = new ChatClient(address, accessKey);
        running = Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(() => AskAsync(new Random(HashCode(seed, i)), string.Create(CultureInfo.InvariantCulture, $"{round}-{i}-")))));
    }

    /// <summary>What the clients saw so far.</summary>
    public IReadOnlyCollection<ClientEntry> Entries => entries;

    /// <summary>Lets the requests under way end, and gives the ledger.</summary>
    public async Task<IReadOnlyCollection<ClientEntry>> StopAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        return entries;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        client.Dispose();
        stopping.Dispose();
    }

    private static int HashCode(int seed, int client) => unchecked((seed * 7919) + client);

    private async Task AskAsync(Random random, string name)
    {
        for (var number = 0; !stopping.IsCancellationRequested; number++)
        {
            var order = Order.Draw(random, name + number.ToString(CultureInfo.InvariantCulture));
            entries.Enqueue(await client.AskAsync(order).ConfigureAwait(false));
            await Task.Delay(order.PauseMs, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
