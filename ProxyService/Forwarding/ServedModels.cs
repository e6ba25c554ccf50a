using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Settings;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Turns away calls for models an operator has switched off (section <c>Models:Enabled</c>), whatever API they come by.</summary>
/// <param name="settings">The settings.</param>
internal sealed class ServedModels(TranslationSettings settings) : ICallGuard
{
    /// <summary>What clients are told of a model that is switched off.</summary>
    public static readonly OpenAiError Unknown = OpenAiError.ModelNotFound("The model does not exist.");

    /// <inheritdoc />
    public ValueTask<OpenAiError?> EnterAsync(GatewayCall call, CancellationToken client) => new(settings.Serves(call.Model) ? null : Unknown);

    /// <inheritdoc />
    public void Leave(GatewayCall call)
    {
        // Nothing is held.
    }
}
