using System.Collections.Frozen;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>The top-level fields of a chat completion request that mean something to the gateway, if only that they are refused.</summary>
internal static class ChatFields
{
    private static readonly string[] Names =
    [
        "model", "messages", "temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty", "seed",
        "stop", "stream", "stream_options", "reasoning_effort", "reasoning", "input", "user", "safety_identifier", "prompt_cache_key", "n",
        "logprobs", "top_logprobs", "logit_bias", "response_format", "tools", "functions", "tool_choice", "function_call", "parallel_tool_calls",
        "modalities", "audio", "web_search_options", "google", "extra_body", "prediction", "service_tier", "store", "metadata", "verbosity",
    ];

    private static readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Positions =
        Names.Index().ToFrozenDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>A bit of its own for every known field; 0 for any other.</summary>
    /// <param name="name">A field's name.</param>
    public static ulong BitOf(ReadOnlySpan<char> name) => Positions.TryGetValue(name, out var position) ? 1UL << position : 0;
}
