using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
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
/// <param name="options">How many places there are. When that changes, calls under way keep theirs and count.</param>
internal sealed class AdmissionGuard(IOptionsMonitor<AdmissionOptions> options) : ICallGuard
{
    /// <summary>Anybody can ask for any model: those beyond share their places.</summary>
    private const int MostModels = 1000;

    private static readonly OpenAiError Full = new(
        StatusCodes.Status503ServiceUnavailable, OpenAiErrorTypes.Server, "overloaded", "The gateway is full at the moment. Try again in a moment.", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly CallPlaces all = new();
    private readonly CallPlaces otherModels = new();
    private readonly ConcurrentDictionary<string, CallPlaces> byModel = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public async ValueTask<OpenAiError?> EnterAsync(GatewayCall call, CancellationToken client)
    {
        var settings = options.CurrentValue;
        var patience = TimeSpan.FromMilliseconds(settings.LongestWaitMilliseconds);
        var model = Of(call.Model);
        if (!await model.TakeAsync(settings.MaximumCallsPerModel, settings.MaximumWaiting, patience, client).ConfigureAwait(false))
        {
            return Full;
        }

        if (!await all.TakeAsync(settings.MaximumCalls, settings.MaximumWaiting, patience, client).ConfigureAwait(false))
        {
            model.Return(settings.MaximumCallsPerModel);
            return Full;
        }

        call.Place = model;
        return null;
    }

    /// <inheritdoc />
    public void Leave(GatewayCall call)
    {
        var settings = options.CurrentValue;
        call.Place?.Return(settings.MaximumCallsPerModel);
        call.Place = null;
        all.Return(settings.MaximumCalls);
    }

    /// <summary>Turns a call to another model, if that one has a place for it. It does not wait: another model may have one at once.</summary>
    /// <param name="call">A call that has entered.</param>
    /// <param name="other">The checked name of the other model.</param>
    /// <returns>False when the model is full, or the request cannot be put to it.</returns>
    public bool TryTurn(GatewayCall call, string other)
    {
        var most = options.CurrentValue.MaximumCallsPerModel;
        var place = Of(other);
        if (!place.TryTake(most))
        {
            return false;
        }

        if (!call.TryTurnTo(other))
        {
            place.Return(most);
            return false;
        }

        call.Place?.Return(most);
        call.Place = place;
        return true;
    }

    private CallPlaces Of(string model) =>
        byModel.TryGetValue(model, out var known) ? known
        : byModel.Count < MostModels ? byModel.GetOrAdd(model, static _ => new CallPlaces())
        : otherModels;
}
