using System.Globalization;
using System.Net;
using System.Text.Json;
using GeminiBalance.Contracts;
using Polly;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>KeyHealthService's HTTP interface.</summary>
/// <param name="client">A client with its address and the service token.</param>
internal sealed class KeyHealthClient(HttpClient client)
{
    /// <summary>Reads the whole snapshot.</summary>
    public Task<PoolSnapshot?> SnapshotAsync(CancellationToken cancellationToken) => client.GetFromJsonAsync("/snapshot", ContractsJson.Default.PoolSnapshot, cancellationToken);

    /// <summary>Reads the whole snapshot if it stands elsewhere; null when it does not.</summary>
    public async Task<PoolSnapshot?> NewerAsync(Guid epoch, long sequence, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/snapshot?epoch={epoch}&sequence={sequence}"), HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return response.StatusCode == HttpStatusCode.NoContent ? null : await response.Content.ReadFromJsonAsync(ContractsJson.Default.PoolSnapshot, cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>The snapshot straight from KeyHealthService, for when Redis is away.</summary>
/// <param name="services">Makes a client per call, as typed clients want it.</param>
/// <param name="logger">The log.</param>
internal sealed partial class KeyHealthPoolSource(IServiceProvider services, ILogger<KeyHealthPoolSource> logger) : IPoolOwner
{
    /// <summary>Its name.</summary>
    public const string SourceName = "http";

    /// <inheritdoc />
    public string Name => SourceName;

    /// <inheritdoc />
    public Task<PoolSnapshot?> LoadAsync(CancellationToken cancellationToken) => AskAsync(client => client.SnapshotAsync(cancellationToken));

    /// <inheritdoc />
    public Task<PoolSnapshot?> NewerAsync(Guid epoch, long sequence, CancellationToken cancellationToken) => AskAsync(client => client.NewerAsync(epoch, sequence, cancellationToken));

    private async Task<PoolSnapshot?> AskAsync(Func<KeyHealthClient, Task<PoolSnapshot?>> ask)
    {
        try
        {
            return await ask(services.GetRequiredService<KeyHealthClient>()).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or ExecutionRejectedException)
        {
            LogUnreadable(e.GetType().Name);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Debug, "The pool cannot be had from KeyHealthService: {Reason}.")]
    private partial void LogUnreadable(string reason);
}
