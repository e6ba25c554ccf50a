using GeminiBalance.ProxyService.Gemini;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Settings;

/// <summary>Settings of section <c>Models</c>: names, and what is known of families. Changeable while the gateway runs.</summary>
internal sealed class ModelsOptions : IValidateOptions<ModelsOptions>
{
    /// <summary>Other names of models: the key is what a client asks for, the value the model it gets; suffixes may be part of both.</summary>
    public Dictionary<string, string> Aliases { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Models that may answer in place of another one that cannot, in order: <c>Models:Fallbacks:gemini-2.5-pro</c> is <c>gemini-2.5-flash,gemini-2.5-flash-lite</c>.</summary>
    public Dictionary<string, string> Fallbacks { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether models are served: one that is <c>false</c> is refused as if it did not exist, and not listed. All others are.</summary>
    public Dictionary<string, bool> Enabled { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The model for requests whose model is unknown, when <see cref="Unknown"/> says so.</summary>
    public string? Default { get; set; }

    /// <summary>What becomes of a chat with a model that is none of Google's: one whose name no family has, and that does not begin with <c>gemini-</c>.</summary>
    public UnknownModel Unknown { get; set; }

    /// <summary>Whether a conversation that ends with the assistant is refused on models that do not continue one, instead of getting a user message appended.</summary>
    public bool RefusePrefill { get; set; }

    /// <summary>Whether JSON together with tools is refused on models that cannot do both, instead of being asked for in words.</summary>
    public bool RefuseJsonWithTools { get; set; }

    /// <summary>Whether functions called <c>googleSearch</c>, <c>codeExecution</c> or <c>urlContext</c> stand for Google's own tools; a client's own functions of these names are not called then.</summary>
    public bool BuiltInToolsByName { get; set; }

    /// <summary>Families of models, by the beginning of their names: these win over the shipped ones.</summary>
    public Dictionary<string, ModelProfileOptions> Profiles { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The models of a chain.</summary>
    internal static string[] ChainOf(string chain) => chain.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, ModelsOptions options)
    {
        var faults = new List<string>();
        foreach (var (alias, model) in options.Aliases)
        {
            if (ModelName.Parse(model) is null)
            {
                faults.Add($"Models:Aliases:{alias} is '{model}', which cannot be the name of a model.");
            }
        }

        foreach (var (model, chain) in options.Fallbacks)
        {
            var names = ChainOf(chain);
            if (names.Length == 0 || Array.Exists(names, other => ModelName.Parse(other) is null || string.Equals(other, model, StringComparison.OrdinalIgnoreCase)))
            {
                faults.Add($"Models:Fallbacks:{model} is '{chain}', but must name other models, separated by commas.");
            }
        }

        if (options.Default is { Length: > 0 } standard && ModelName.Parse(standard) is null)
        {
            faults.Add($"Models:Default is '{standard}', which cannot be the name of a model.");
        }

        if (options.Unknown == UnknownModel.UseDefault && string.IsNullOrEmpty(options.Default))
        {
            faults.Add("Models:Unknown is UseDefault, but Models:Default is not set.");
        }

        foreach (var (prefix, profile) in options.Profiles)
        {
            faults.AddRange(profile.Faults(prefix));
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

/// <summary>What becomes of a request for an unknown model.</summary>
internal enum UnknownModel
{
    /// <summary>The upstream refuses it: 404.</summary>
    Refuse,

    /// <summary>The default model answers.</summary>
    UseDefault,
}
