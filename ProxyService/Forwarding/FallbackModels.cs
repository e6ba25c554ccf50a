using GeminiBalance.ProxyService.Settings;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>The models that may answer in place of another one, as section <c>Models:Fallbacks</c> says.</summary>
/// <param name="settings">The settings.</param>
/// <param name="admission">Knows which of them have room.</param>
internal sealed class FallbackModels(TranslationSettings settings, AdmissionGuard admission)
{
    /// <summary>Those for a call, still to be tried.</summary>
    public Chain Of(GatewayCall call) => new(settings.FallbacksOf(call.Model), admission);

    /// <summary>What is left of a chain.</summary>
    /// <param name="models">The models in order.</param>
    /// <param name="admission">Knows which of them have room.</param>
    internal sealed class Chain(IReadOnlyList<string> models, AdmissionGuard admission)
    {
        private int next;

        /// <summary>Turns a call to the next model that can take it.</summary>
        /// <returns>False when none is left.</returns>
        public bool TryNext(GatewayCall call)
        {
            while (next < models.Count)
            {
                if (admission.TryTurn(call, models[next++]))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
