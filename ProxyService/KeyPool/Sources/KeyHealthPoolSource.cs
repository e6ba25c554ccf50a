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
}

/// <summary>The snapshot straight from KeyHealthService, for when Redis is away.</summary>
/// <param name="services">Makes a client per call, as typed clients want it.</param>
/// <param name="logger">The log.</param>
internal sealed partial class KeyHealthPoolSource(IServiceProvider services, ILogger<KeyHealthPoolSource> logger) : IPoolSource
{
    /// <summary>Its name.</summary>
    public const string SourceName = "http";

    /// <inheritdoc />
    public string Name => SourceName;

    /// <inheritdoc />
    public async Task<PoolSnapshot?> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await services.GetRequiredService<KeyHealthClient>().SnapshotAsync(cancellationToken).ConfigureAwait(false);
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
