using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Translation.Responses;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>When a 200 is no answer.</summary>
internal static class ReplyJudgement
{
    /// <summary>Whether the prompt was blocked: feedback that comes with candidates blocks nothing.</summary>
    public static UpstreamOutcome? OfPrompt(GenerateContentReply reply)
    {
        if (!reply.IsBlocked || reply.Candidates.Count > 0)
        {
            return null;
        }

        var message = $"The prompt was blocked by Gemini ({reply.BlockReason ?? "no reason given"}). {reply.BlockMessage}".TrimEnd();
        return new UpstreamOutcome.RequestRefused(RequestFault.PromptBlocked, message);
    }

    /// <summary>An answer without anything in it.</summary>
    public static UpstreamOutcome Of(AnswerVerdict.Empty empty) => empty.Code == FinishReasonTranslation.MissingSignature
        ? new UpstreamOutcome.RequestRefused(RequestFault.ThoughtSignature, empty.Message ?? "")
        : new UpstreamOutcome.UpstreamFailed(UpstreamFault.Empty, empty.Message ?? "") { Code = empty.Code };
}
