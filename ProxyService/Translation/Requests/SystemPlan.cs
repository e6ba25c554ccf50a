using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>What becomes of system messages.</summary>
/// <param name="AsInstruction">Whether they become the system instruction; else they go before the first user text.</param>
/// <param name="AsUser">Index of the system message that is sent as the user's, because there is no other; -1 when there is.</param>
internal readonly record struct SystemPlan(bool AsInstruction, int AsUser)
{
    /// <summary>Decides for a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="refused">Whether the model has no system instruction.</param>
    public static SystemPlan For(ChatRequest request, bool refused)
    {
        int systems = 0, lastSystem = -1;
        for (var i = 0; i < request.Messages.Count; i++)
        {
            if (request.Messages[i].Role == ChatRole.System)
            {
                systems++;
                lastSystem = i;
            }
        }

        var onlySystem = systems == request.Messages.Count;
        return new SystemPlan(systems > (onlySystem ? 1 : 0) && !refused, onlySystem ? lastSystem : -1);
    }
}
