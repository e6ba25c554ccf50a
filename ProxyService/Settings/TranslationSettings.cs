using System.Collections.Frozen;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Settings;

/// <summary>Settings of section <c>PromptInjection</c>: texts put into every conversation. Changeable while the gateway runs.</summary>
internal sealed class PromptInjectionOptions
{
    /// <summary>Whether the texts are used.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Put before the system instruction.</summary>
    public string? System { get; set; }

    /// <summary>Put before the first text of the user.</summary>
    public string? UserPrefix { get; set; }

    /// <summary>Put behind the last text of the user.</summary>
    public string? UserSuffix { get; set; }
}

/// <summary>Settings of section <c>Safety</c>. Changeable while the gateway runs.</summary>
internal sealed class SafetyOptions : IValidateOptions<SafetyOptions>
{
    private static readonly string[] Thresholds = ["OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"];

    /// <summary>Gemini's threshold for all four kinds of harm, when the client gives none; empty leaves it to Google.</summary>
    public string? Threshold { get; set; }

    /// <summary>The threshold of harassment alone.</summary>
    public string? Harassment { get; set; }

    /// <summary>The threshold of hate speech alone.</summary>
    public string? HateSpeech { get; set; }

    /// <summary>The threshold of sexually explicit content alone.</summary>
    public string? SexuallyExplicit { get; set; }

    /// <summary>The threshold of dangerous content alone.</summary>
    public string? DangerousContent { get; set; }

    /// <summary>The thresholds of single kinds of harm.</summary>
    internal SafetyThresholds Single => new(OrNull(Harassment), OrNull(HateSpeech), OrNull(SexuallyExplicit), OrNull(DangerousContent));

    /// <summary>Empty stands for none.</summary>
    internal static string? OrNull(string? threshold) => string.IsNullOrEmpty(threshold) ? null : threshold;

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, SafetyOptions options)
    {
        (string Setting, string? Value)[] values =
        [
            (nameof(Threshold), options.Threshold), (nameof(Harassment), options.Harassment), (nameof(HateSpeech), options.HateSpeech),
            (nameof(SexuallyExplicit), options.SexuallyExplicit), (nameof(DangerousContent), options.DangerousContent),
        ];
        string[] faults =
        [
            .. values.Where(value => OrNull(value.Value) is { } threshold && !Thresholds.Contains(threshold))
                .Select(value => $"Safety:{value.Setting} is '{value.Value}', but must be empty or one of {string.Join(", ", Thresholds)}."),
        ];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

/// <summary>What a client's name of a model means.</summary>
/// <param name="Name">The upstream's model.</param>
/// <param name="Search">Whether the name asks for a search of the web.</param>
/// <param name="Thinking">How much thinking the name asks for; null for nothing.</param>
/// <param name="IsDefault">Whether it is the default model, in the place of one that is not known.</param>
internal readonly record struct ModelChoice(string Name, bool Search, OpenAi.ReasoningEffort? Thinking, bool IsDefault = false);

/// <summary>How requests are translated now: built from the settings whenever they change, read by every request.</summary>
internal sealed class TranslationSettings : IDisposable
{
    /// <summary>The most aliases that lead from one to the next.</summary>
    private const int LongestWay = 8;

    private readonly IOptionsMonitor<ModelsOptions> models;
    private readonly IOptionsMonitor<ThinkingOptions> thinking;
    private readonly IOptionsMonitor<PromptInjectionOptions> injection;
    private readonly IOptionsMonitor<SafetyOptions> safety;
    private readonly IDisposable? changes;
    private volatile Names names;

    /// <summary>Reads the settings.</summary>
    public TranslationSettings(IOptionsMonitor<ModelsOptions> models, IOptionsMonitor<ThinkingOptions> thinking, IOptionsMonitor<PromptInjectionOptions> injection, IOptionsMonitor<SafetyOptions> safety)
    {
        this.models = models;
        this.thinking = thinking;
        this.injection = injection;
        this.safety = safety;
        names = Names.Of(models.CurrentValue);
        changes = models.OnChange(changed => names = Names.Of(changed));
    }

    /// <summary>The other names of models.</summary>
    public FrozenDictionary<string, string> Aliases => names.Aliases;

    /// <summary>The models that may answer in place of a model, in order; those that are not served are left out.</summary>
    public IReadOnlyList<string> FallbacksOf(string model) => names.Fallbacks.GetValueOrDefault(model, []);

    /// <summary>Whether a model is served; an operator may have switched it off.</summary>
    public bool Serves(string model) => !names.Disabled.Contains(model);

    /// <summary>The profile of a model.</summary>
    public ModelProfile ProfileOf(string model) => names.Profiles.For(model);

    /// <summary>Finds the model a client means.</summary>
    /// <param name="asked">What the client sent.</param>
    /// <returns>Null when it cannot be a model's name.</returns>
    public ModelChoice? Choose(string asked)
    {
        if (ModelName.Parse(Behind(asked)) is not { } parsed)
        {
            return null;
        }

        // Prefixed names may be aliases as well.
        parsed = ModelName.Parse(Behind(parsed));
        if (parsed is null)
        {
            return null;
        }

        var (model, search, effort) = ModelSuffix.Split(parsed);
        return new ModelChoice(model, search, effort);
    }

    /// <summary>What a name is another name for. An alias may lead to another one; a circle of them, which only a file could hold, has an end here.</summary>
    private string Behind(string name)
    {
        var aliases = names.Aliases;
        for (var steps = 0; steps < LongestWay && aliases.TryGetValue(name, out var next); steps++)
        {
            name = next;
        }

        return name;
    }

    /// <summary>Finds the model a client's chat means; the default one when what it means is none of Google's and the gateway is set so.</summary>
    /// <inheritdoc cref="Choose" path="/param"/>
    /// <returns>Null when it cannot be a model's name.</returns>
    public ModelChoice? ChooseForChat(string asked)
    {
        var choice = Choose(asked);
        var options = models.CurrentValue;
        if (options.Unknown != UnknownModel.UseDefault || string.IsNullOrEmpty(options.Default) || (choice is { } known && names.Profiles.Knows(known.Name)))
        {
            return choice;
        }

        return Choose(options.Default) is { } standard
            ? standard with { Search = standard.Search || choice is { Search: true }, Thinking = standard.Thinking ?? choice?.Thinking, IsDefault = true }
            : choice;
    }

    /// <inheritdoc cref="ModelsOptions.BuiltInToolsByName" />
    public bool BuiltInToolsByName => models.CurrentValue.BuiltInToolsByName;

    /// <summary>How a request for a model is translated.</summary>
    /// <param name="model">The model.</param>
    /// <param name="learned">What it was seen to refuse.</param>
    public TranslationOptions For(ModelChoice model, LearnedLimits learned)
    {
        var defaults = thinking.CurrentValue.For(model.Name);
        var texts = injection.CurrentValue;
        var policy = models.CurrentValue;
        return new TranslationOptions
        {
            Effort = model.Thinking ?? defaults.Effort,
            ThinkingBudget = model.Thinking is null ? defaults.Budget : null,
            IncludeThoughts = defaults.IncludeThoughts,
            RefuseThinkingOff = defaults.RefuseOff,
            RefusePrefill = policy.RefusePrefill,
            RefuseJsonWithTools = policy.RefuseJsonWithTools,
            SystemText = Text(texts, texts.System),
            UserPrefix = Text(texts, texts.UserPrefix),
            UserSuffix = Text(texts, texts.UserSuffix),
            SafetyThreshold = SafetyOptions.OrNull(safety.CurrentValue.Threshold),
            Safety = safety.CurrentValue.Single,
            Search = model.Search,
            Learned = learned,
        };
    }

    /// <inheritdoc />
    public void Dispose() => changes?.Dispose();

    private static string? Text(PromptInjectionOptions options, string? text) => options.Enabled && !string.IsNullOrEmpty(text) ? text : null;

    private sealed record Names(FrozenDictionary<string, string> Aliases, FrozenDictionary<string, string[]> Fallbacks, FrozenSet<string> Disabled, ModelProfiles Profiles)
    {
        public static Names Of(ModelsOptions options)
        {
            var disabled = options.Enabled.Where(model => !model.Value).Select(model => model.Key).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
            return new(
                options.Aliases.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase),
                options.Fallbacks.ToFrozenDictionary(
                    chain => chain.Key, chain => ServedOf(chain.Value, disabled), StringComparer.OrdinalIgnoreCase),
                disabled,
                options.Profiles.Count == 0 ? ModelProfiles.Default : new ModelProfiles([.. options.Profiles.Select(profile => profile.Value.Over(profile.Key))]));
        }

        private static string[] ServedOf(string chain, FrozenSet<string> disabled) =>
            [.. ModelsOptions.ChainOf(chain).Select(name => ModelName.Parse(name)!).Where(name => !disabled.Contains(name))];
    }
}

/// <summary>Registers the settings of translation.</summary>
internal static class SettingsExtensions
{
    /// <summary>Adds the settings and what is built from them.</summary>
    public static IHostApplicationBuilder AddTranslationSettings(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidatedOptions<ModelsOptions>("Models");
        services.AddSingleton<IValidateOptions<ModelsOptions>, ModelsOptions>();
        services.AddValidatedOptions<ThinkingOptions>("Thinking");
        services.AddSingleton<IValidateOptions<ThinkingOptions>, ThinkingOptions>();
        services.AddValidatedOptions<PromptInjectionOptions>("PromptInjection");
        services.AddValidatedOptions<SafetyOptions>("Safety");
        services.AddSingleton<IValidateOptions<SafetyOptions>, SafetyOptions>();
        services.AddSingleton<TranslationSettings>();
        return builder;
    }
}
