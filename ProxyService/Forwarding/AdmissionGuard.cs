using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;
using GeminiBalance.ProxyService.OpenAi;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Settings of section <c>Admission</c>: how much this replica takes on at once.</summary>
internal sealed class AdmissionOptions
{
    /// <summary>Calls at the same time.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Admission:MaximumCalls must be 1 to 1000000.")]
    public int MaximumCalls { get; set; } = 5000;

    /// <summary>Calls for one model at the same time.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Admission:MaximumCallsPerModel must be 1 to 1000000.")]
    public int MaximumCallsPerModel { get; set; } = 5000;

    /// <summary>Calls that may wait for a place, in all and for one model.</summary>
    [Range(0, 1_000_000, ErrorMessage = "Admission:MaximumWaiting must be 0 to 1000000.")]
    public int MaximumWaiting { get; set; } = 500;

    /// <summary>The longest wait in milliseconds.</summary>
    [Range(1, 60_000, ErrorMessage = "Admission:LongestWaitMilliseconds must be 1 to 60000.")]
    public int LongestWaitMilliseconds { get; set; } = 2000;
}

/// <summary>Takes on no more than this replica can carry: a few calls wait for a place for a short time, all others are turned away at once.</summary>
internal sealed class AdmissionGuard : ICallGuard, IDisposable
{
    private static readonly OpenAiError Full = new(
        StatusCodes.Status503ServiceUnavailable, OpenAiErrorTypes.Server, "overloaded", "The gateway is full at the moment. Try again in a moment.", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly IOptionsMonitor<AdmissionOptions> options;
    private readonly IDisposable? changes;
    private volatile Places places;

    /// <summary>Follows the settings.</summary>
    public AdmissionGuard(IOptionsMonitor<AdmissionOptions> options)
    {
        this.options = options;
        places = new Places(options.CurrentValue);

        // Calls that are under way keep their places of before.
        changes = options.OnChange(changed => places = new Places(changed));
    }

    /// <inheritdoc />
    public async ValueTask<OpenAiError?> EnterAsync(GatewayCall call, CancellationToken client)
    {
        var now = places;
        var model = await AcquireAsync(now.Of(call.Model), client).ConfigureAwait(false);
        if (!model.IsAcquired)
        {
            model.Dispose();
            return Full;
        }

        var any = await AcquireAsync(now.All, client).ConfigureAwait(false);
        if (!any.IsAcquired)
        {
            any.Dispose();
            model.Dispose();
            return Full;
        }

        call.Places = (model, any);
        return null;
    }

    /// <inheritdoc />
    public void Leave(GatewayCall call)
    {
        call.Places.Model?.Dispose();
        call.Places.All?.Dispose();
    }

    /// <inheritdoc />
    public void Dispose() => changes?.Dispose();

    private ValueTask<RateLimitLease> AcquireAsync(ConcurrencyLimiter limiter, CancellationToken client)
    {
        var lease = limiter.AttemptAcquire();
        return lease.IsAcquired ? new(lease) : WaitAsync(limiter, lease, client);
    }

    private async ValueTask<RateLimitLease> WaitAsync(ConcurrencyLimiter limiter, RateLimitLease refused, CancellationToken client)
    {
        refused.Dispose();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(client);
        patience.CancelAfter(options.CurrentValue.LongestWaitMilliseconds);
        try
        {
            return await limiter.AcquireAsync(1, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return NoPlace.Instance;
        }
    }

    private sealed class Places(AdmissionOptions options)
    {
        /// <summary>Anybody can ask for any model: those beyond share their places.</summary>
        private const int MostModels = 1000;

        private readonly ConcurrentDictionary<string, ConcurrencyLimiter> byModel = new(StringComparer.Ordinal);
        private readonly ConcurrencyLimiter otherModels = Limiter(options.MaximumCallsPerModel, options);

        public ConcurrencyLimiter All { get; } = Limiter(options.MaximumCalls, options);

        public ConcurrencyLimiter Of(string model) =>
            byModel.TryGetValue(model, out var known) ? known
            : byModel.Count < MostModels ? byModel.GetOrAdd(model, static (_, options) => Limiter(options.MaximumCallsPerModel, options), options)
            : otherModels;

        private static ConcurrencyLimiter Limiter(int calls, AdmissionOptions options) => new(new() { PermitLimit = calls, QueueLimit = options.MaximumWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });
    }

    private sealed class NoPlace : RateLimitLease
    {
        public static NoPlace Instance { get; } = new();

        public override bool IsAcquired => false;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
