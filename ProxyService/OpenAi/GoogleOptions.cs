namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Options of Google's that OpenAI's API has no field for.</summary>
internal sealed class GoogleOptions
{
    /// <summary><c>thinking_config.thinking_budget</c>; -1 lets the model decide.</summary>
    public int? ThinkingBudget { get; set; }

    /// <summary><c>thinking_config.thinking_level</c>.</summary>
    public ReasoningEffort? ThinkingLevel { get; set; }

    /// <summary><c>thinking_config.include_thoughts</c>.</summary>
    public bool? IncludeThoughts { get; set; }

    /// <summary><c>cached_content</c>: name of a cached content.</summary>
    public string? CachedContent { get; set; }

    /// <summary><c>safety_settings</c>; null when not given.</summary>
    public List<SafetySetting>? SafetySettings { get; set; }

    /// <summary><c>image_config.aspect_ratio</c>.</summary>
    public string? AspectRatio { get; set; }

    /// <summary><c>image_config.image_size</c>.</summary>
    public string? ImageSize { get; set; }

    /// <summary><c>media_resolution</c>: <c>LOW</c>, <c>MEDIUM</c> or <c>HIGH</c>.</summary>
    public string? MediaResolution { get; set; }

    /// <summary>Voice of <c>speech_config</c>.</summary>
    public string? Voice { get; set; }

    /// <summary><c>include_metadata</c>: whether grounding and safety metadata are passed through.</summary>
    public bool IncludeMetadata { get; set; }
}

/// <summary>How much of a kind of harm is blocked.</summary>
/// <param name="Category">For example <c>HARM_CATEGORY_HARASSMENT</c>.</param>
/// <param name="Threshold">For example <c>BLOCK_ONLY_HIGH</c>.</param>
internal readonly record struct SafetySetting(string Category, string Threshold);
