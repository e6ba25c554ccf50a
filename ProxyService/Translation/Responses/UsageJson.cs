using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>Usage in OpenAI's form: every count is there, for clients read them without asking.</summary>
internal static class UsageJson
{
    /// <summary>Appends the usage object; zeros when the upstream reported nothing.</summary>
    public static void Append(PooledBuffer target, GeminiUsage? reported)
    {
        var usage = reported ?? default;
        target.Append("{\"prompt_tokens\":"u8);
        target.AppendNumber(usage.Prompt + usage.ToolUsePrompt);
        target.Append(",\"completion_tokens\":"u8);
        target.AppendNumber(usage.Candidates + usage.Thoughts);
        target.Append(",\"total_tokens\":"u8);
        target.AppendNumber(usage.Total);
        target.Append(",\"prompt_tokens_details\":{\"cached_tokens\":"u8);
        target.AppendNumber(usage.Cached);
        target.Append(",\"audio_tokens\":"u8);
        target.AppendNumber(usage.PromptAudio);
        target.Append("},\"completion_tokens_details\":{\"reasoning_tokens\":"u8);
        target.AppendNumber(usage.Thoughts);
        target.Append(",\"audio_tokens\":"u8);
        target.AppendNumber(usage.CandidatesAudio);
        target.Append(",\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}"u8);
    }

    /// <summary>The same counts for the request's fact.</summary>
    public static TokenUsage ToFact(GeminiUsage usage) => new(usage.Prompt, usage.Candidates, usage.Thoughts, usage.Cached, usage.ToolUsePrompt, usage.Total);
}
