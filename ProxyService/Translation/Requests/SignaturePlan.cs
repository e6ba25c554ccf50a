using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>
/// Which thought signatures are sent back. Gemini 3 and later check the first call of every step since the user last spoke; a call that lost its
/// signature on the way gets the word Google documents for history that the model did not produce. A signature is never copied from one call to another.
/// </summary>
/// <param name="CurrentTurn">Index of the first message after the user last spoke.</param>
/// <param name="Enforced">Whether the model checks.</param>
/// <param name="Replace">Whether signatures give way to that word where one is demanded, and are left out elsewhere.</param>
internal readonly record struct SignaturePlan(int CurrentTurn, bool Enforced, bool Replace)
{
    /// <summary>See ai.google.dev/gemini-api/docs/thought-signatures.</summary>
    private const string Unchecked = "skip_thought_signature_validator";

    /// <summary>Decides for a request.</summary>
    public static SignaturePlan For(ChatRequest request, ModelProfile profile, bool replace)
    {
        var first = 0;
        for (var i = request.Messages.Count - 1; i >= 0; i--)
        {
            if (request.Messages[i].Role == ChatRole.User)
            {
                first = i + 1;
                break;
            }
        }

        return new SignaturePlan(first, profile.EnforcesSignatures, replace);
    }

    /// <summary>The signature of a call; null for none.</summary>
    /// <param name="at">Index of the message.</param>
    /// <param name="message">The message.</param>
    /// <param name="number">Place of the call in it.</param>
    /// <param name="calls">All calls.</param>
    /// <param name="isWhole">Whether the step is sent back as the model made it: then it lacks nothing.</param>
    public string? OfCall(int at, ChatMessage message, int number, IReadOnlyList<ToolCall> calls, bool isWhole)
    {
        var own = calls[message.FirstCall + number].Signature ?? (number == 0 ? message.Signature : null);
        if (at < CurrentTurn || !Enforced)
        {
            return Replace ? null : own;
        }

        return Replace || own is null ? number == 0 && !isWhole ? Unchecked : null : own;
    }

    /// <summary>
    /// The signature of a text or an image; null for none. A message has kept at most one, that of its last part. Nobody checks those of texts, so a refused one
    /// need not be replaced; a model that complains about an answer with images wants one on every part of it.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="isLast">Whether the message's own signature belongs to this part.</param>
    /// <param name="isDrawing">Whether the model has drawn in this message.</param>
    public string? OfPart(ChatMessage message, bool isLast, bool isDrawing) =>
        Replace ? isDrawing ? Unchecked : null : isLast ? message.Signature : null;
}
