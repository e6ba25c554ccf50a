using System.Collections.Frozen;
using GeminiBalance.GeminiSimulator.Wire;

namespace GeminiBalance.GeminiSimulator.Scripts;

/// <summary>The behaviours that answer with an error at once.</summary>
public static class ScriptedErrors
{
    private static readonly TimeSpan MinuteWait = TimeSpan.FromSeconds(20.506482386);
    private static readonly TimeSpan DayWait = TimeSpan.FromSeconds(51.606482386);

    private static readonly FrozenDictionary<string, Func<ScriptedCall, GoogleError>> Errors = new Dictionary<string, Func<ScriptedCall, GoogleError>>
    {
        ["quota-minute"] = call => QuotaErrors.Exceeded(MinuteWait, QuotaErrors.RequestsPerMinute(call.Model, 10)),
        ["quota-tokens"] = call => QuotaErrors.Exceeded(MinuteWait, QuotaErrors.TokensPerMinute(call.Model, 250_000)),
        ["quota-day"] = call => QuotaErrors.Exceeded(DayWait, QuotaErrors.RequestsPerDay(call.Model, 250)),
        ["quota-zero"] = call => QuotaErrors.NotOffered(call.Model),
        ["quota-bare"] = _ => QuotaErrors.Bare,
        ["quota-region"] = call => QuotaErrors.RegionBlocked(call.Project),
        ["quota-spend"] = _ => QuotaErrors.SpendCap,
        ["key-invalid"] = call => KeyErrors.Invalid(call.Key),
        ["key-type"] = _ => KeyErrors.TypeRejected,
        ["billing"] = _ => KeyErrors.BillingEmpty,
        ["free-tier-closed"] = _ => KeyErrors.FreeTierClosed,
        ["suspended"] = call => KeyErrors.Suspended(call.Key, call.Project),
        ["leaked"] = _ => KeyErrors.Leaked,
        ["denied"] = _ => KeyErrors.Denied,
        ["service-disabled"] = call => KeyErrors.ServiceDisabled(call.Project),
        ["restricted"] = call => KeyErrors.Restricted(call.Project),
        ["location"] = _ => GoogleError.Location,
        ["model-not-found"] = call => GoogleError.ModelNotFound(call.Model, call.Method),
        ["model-closed"] = call => GoogleError.ModelClosed(call.Model),
        ["invalid-argument"] = _ => GoogleError.InvalidArgument("Request contains an invalid argument."),
        ["signature-corrupted"] = _ => GoogleError.InvalidArgument("Corrupted thought signature."),
        ["internal"] = _ => GoogleError.Internal,
        ["overloaded"] = _ => GoogleError.Overloaded,
        ["deadline"] = _ => GoogleError.DeadlineExceeded,
    }.ToFrozenDictionary();

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => Errors.Keys.Order(StringComparer.Ordinal);

    /// <summary>The error a behaviour answers with; null for those that act on the answer.</summary>
    /// <param name="behaviour">The behaviour.</param>
    /// <param name="call">The call it is for.</param>
    public static GoogleError? For(string behaviour, ScriptedCall call) => Errors.TryGetValue(behaviour, out var error) ? error(call) : null;
}

/// <summary>What an error's words depend on.</summary>
/// <param name="Key">The key as sent.</param>
/// <param name="Project">Its project.</param>
/// <param name="Model">The model.</param>
/// <param name="Method">The method.</param>
public readonly record struct ScriptedCall(string Key, string Project, string Model, string Method);
