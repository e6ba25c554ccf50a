using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>
/// Which thought signatures are sent back. Gemini 3 and later check the first call of every step since the user last spoke; those that draw check the first part and
/// every image of all their answers. What lost its signature on the way gets the word Google documents for history that the model did not produce. A signature is
/// never copied from one call or part to another.
/// </summary>
/// <param name="CurrentTurn">Index of the first message after the user last spoke.</param>
/// <param name="Enforced">Whether the model checks.</param>
/// <param name="Draws">Whether it draws.</param>
/// <param name="Replace">Whether signatures give way to that word where one is demanded, and are left out elsewhere.</param>
internal readonly record struct SignaturePlan(int CurrentTurn, bool Enforced, bool Draws, bool Replace)
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

        return new SignaturePlan(first, profile.EnforcesSignatures, profile.DrawsImages, replace);
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

    /// <summary>The signature of a text or an image; null for none. Where nobody checks that it is there, a refused one need not be replaced.</summary>
    /// <param name="message">The message.</param>
    /// <param name="part">The part.</param>
    /// <param name="isFirst">Whether it is the message's first.</param>
    /// <param name="isSigned">Whether the message's own signature belongs to it.</param>
    public string? OfPart(ChatMessage message, ContentPart part, bool isFirst, bool isSigned)
    {
        if (message.Role != ChatRole.Assistant)
        {
            return null;
        }

        var own = Replace ? null : part.Signature ?? (isSigned ? message.Signature : null);
        return own ?? (Enforced && Draws && (isFirst || part.Media is not null) ? Unchecked : null);
    }

    /// <summary>The part the signature of an answer without calls belongs to: the last text, for images have their own; without a text or any of those, the last image.</summary>
    /// <param name="parts">The parts of a message.</param>
    /// <returns>Its index; -1 for none.</returns>
    public static int Signed(ReadOnlySpan<ContentPart> parts)
    {
        var known = false;
        for (var i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i].Media is null)
            {
                return i;
            }

            known |= parts[i].Signature is not null;
        }

        return known ? -1 : parts.Length - 1;
    }
}
