using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>What becomes of system messages and of what the gateway adds to them.</summary>
/// <param name="HasTexts">Whether there are any, beside the one that is sent as the user's.</param>
/// <param name="Refused">Whether the model has no system instruction: then they go before the first user text.</param>
/// <param name="AsUser">Index of the system message that is sent as the user's, because there is no other; -1 when there is.</param>
/// <param name="Before">A raw JSON string to put before them; null for none.</param>
/// <param name="After">A raw JSON string to put behind them; null for none.</param>
internal readonly record struct SystemPlan(bool HasTexts, bool Refused, int AsUser, byte[]? Before, byte[]? After)
{
    /// <summary>Whether they become the system instruction.</summary>
    public bool AsInstruction => HasTexts && !Refused;

    /// <summary>Whether they go before the first user text.</summary>
    public bool InFirstTurn => HasTexts && Refused;

    /// <summary>Decides for a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="refused">Whether the model has no system instruction.</param>
    /// <param name="before">A raw JSON string to put before them.</param>
    /// <param name="after">A raw JSON string to put behind them.</param>
    public static SystemPlan For(ChatRequest request, bool refused, byte[]? before = null, byte[]? after = null)
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
        var hasTexts = systems > (onlySystem ? 1 : 0) || before is not null || after is not null;
        return new SystemPlan(hasTexts, refused, onlySystem ? lastSystem : -1, before, after);
    }
}
