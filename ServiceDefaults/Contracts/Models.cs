namespace GeminiBalance.Contracts;

/// <summary>What the upstream says of a model.</summary>
/// <param name="Name">Its name, without <c>models/</c>.</param>
/// <param name="DisplayName">Its name for people.</param>
/// <param name="Description">What it is for, as the upstream puts it; a long text is cut off.</param>
/// <param name="Version">The upstream's version of it.</param>
/// <param name="InputTokenLimit">The most tokens of a prompt.</param>
/// <param name="OutputTokenLimit">The most tokens of an answer.</param>
/// <param name="Methods">The upstream's methods that it serves, as <c>generateContent</c>, in alphabetical order.</param>
/// <param name="Thinking">Whether it thinks; null when the upstream does not say.</param>
public sealed record UpstreamModel(
    string Name, string? DisplayName, string? Description, string? Version, long? InputTokenLimit, long? OutputTokenLimit, IReadOnlyList<string> Methods, bool? Thinking = null);

/// <summary>One thing the upstream says differently of a model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Field">What: a field of <see cref="UpstreamModel"/>, as <c>inputTokenLimit</c>.</param>
/// <param name="Before">As it was; null for nothing.</param>
/// <param name="After">As it is; null for nothing.</param>
public sealed record ModelChange(string Model, string Field, string? Before, string? After);

/// <summary>How the catalogue and the upstream's list differ, and what was done about it.</summary>
/// <param name="Digest">Stands for exactly this difference: given back with <see cref="SyncModels"/>, nothing else is taken over.</param>
/// <param name="Applied">Whether the catalogue was changed.</param>
/// <param name="IsComplete">Whether keys of every tier answered. If not, nothing is taken for gone.</param>
/// <param name="Listed">How many models the upstream lists.</param>
/// <param name="Added">Models that are new.</param>
/// <param name="Changed">What differs of known ones.</param>
/// <param name="Gone">Models of the catalogue the upstream does not list: marked when the difference is applied, removed only when they are named.</param>
/// <param name="Returned">Models that were gone and are listed again.</param>
/// <param name="Removed">Models that were taken out of the catalogue now.</param>
public sealed record ModelDiff(
    string Digest,
    bool Applied,
    bool IsComplete,
    int Listed,
    IReadOnlyList<UpstreamModel> Added,
    IReadOnlyList<ModelChange> Changed,
    IReadOnlyList<string> Gone,
    IReadOnlyList<string> Returned,
    IReadOnlyList<string> Removed);

/// <summary>Brings the catalogue to what the upstream lists.</summary>
/// <param name="Preview">Only tells what would change.</param>
/// <param name="Digest">The difference that was seen before; when it is another one now, nothing changes. Null takes over whatever there is.</param>
/// <param name="Remove">Gone models to take out of the catalogue; all others stay in it, marked.</param>
public sealed record SyncModels(bool Preview = false, string? Digest = null, IReadOnlyList<string>? Remove = null);

/// <summary>How the upstream behaves for models whose names begin so, where that differs from what the gateway knows. Null leaves a field to the gateway.</summary>
/// <param name="Thinking"><c>none</c>, <c>budget</c> or <c>level</c>.</param>
/// <param name="MinimumBudget">The smallest budget with which they still think, in tokens.</param>
/// <param name="MaximumBudget">Their largest budget, in tokens.</param>
/// <param name="CanBeOff">Whether they accept a budget of 0.</param>
/// <param name="Levels">Their levels beside <c>LOW</c> and <c>HIGH</c>, separated by commas.</param>
/// <param name="IgnoresSampling">Whether they ignore temperature and its like.</param>
/// <param name="RefusesPenalties">Whether they refuse penalties other than 0.</param>
/// <param name="RefusesModelTurnLast">Whether a conversation may not end with the assistant.</param>
/// <param name="RefusesSystemInstruction">Whether they have no system instruction.</param>
/// <param name="RefusesTools">Whether they call no functions.</param>
/// <param name="MostCandidates">The most candidates they give.</param>
/// <param name="EnforcesSignatures">Whether function calls must carry their thought signature.</param>
/// <param name="MixesTools">Whether functions may stand beside Google's own tools and JSON answers.</param>
/// <param name="OutputLimit">The most tokens of an answer.</param>
public sealed record ModelProfileOverride(
    string? Thinking = null,
    int? MinimumBudget = null,
    int? MaximumBudget = null,
    bool? CanBeOff = null,
    string? Levels = null,
    bool? IgnoresSampling = null,
    bool? RefusesPenalties = null,
    bool? RefusesModelTurnLast = null,
    bool? RefusesSystemInstruction = null,
    bool? RefusesTools = null,
    int? MostCandidates = null,
    bool? EnforcesSignatures = null,
    bool? MixesTools = null,
    int? OutputLimit = null);

/// <summary>A model of the catalogue, and what operators set for it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Enabled">Whether the gateway serves it.</param>
/// <param name="Upstream">What the upstream says of it; null for one that only settings name.</param>
/// <param name="FirstSeenAt">When it came into the catalogue (UTC).</param>
/// <param name="ChangedAt">When the upstream last said something else of it (UTC).</param>
/// <param name="GoneSince">Since when the upstream does not list it (UTC); null while it does.</param>
/// <param name="Aliases">Other names that lead to it.</param>
/// <param name="Fallbacks">Models that may answer in its place, in order.</param>
/// <param name="Profile">What is set for the family its whole name stands for; null for nothing.</param>
/// <param name="ServingKeys">Keys that could serve it now.</param>
public sealed record ModelView(
    string Name,
    bool Enabled,
    UpstreamModel? Upstream,
    DateTimeOffset? FirstSeenAt,
    DateTimeOffset? ChangedAt,
    DateTimeOffset? GoneSince,
    IReadOnlyList<string> Aliases,
    IReadOnlyList<string> Fallbacks,
    ModelProfileOverride? Profile,
    int ServingKeys);

/// <summary>Another name of a model.</summary>
/// <param name="Name">What a client asks for.</param>
/// <param name="Model">What it gets: a model, its suffixes, or a further alias.</param>
/// <param name="Known">Whether it leads to a model of the catalogue.</param>
/// <param name="Served">Whether that model is served.</param>
public sealed record ModelAlias(string Name, string Model, bool Known = true, bool Served = true);

/// <summary>The model catalogue.</summary>
/// <param name="SettingsVersion">Version of the settings it was read with; give it back when changing something, and a change somebody else made meanwhile is a conflict.</param>
/// <param name="ChangedAt">When a sync last changed it (UTC); null when there never was one.</param>
/// <param name="ChangedBy">Who did.</param>
/// <param name="Models">The models by name.</param>
/// <param name="Aliases">The aliases by name.</param>
public sealed record ModelsView(long SettingsVersion, DateTimeOffset? ChangedAt, string? ChangedBy, IReadOnlyList<ModelView> Models, IReadOnlyList<ModelAlias> Aliases);

/// <summary>Lets a name lead to a model.</summary>
/// <param name="Model">The model, or a further alias; suffixes may be part of it.</param>
/// <param name="Version">Version of the settings the change was made from; null takes whatever is newest.</param>
public sealed record SetModelAlias(string Model, long? Version = null);

/// <summary>Sets which models may answer in place of one.</summary>
/// <param name="Models">In order; empty for none.</param>
/// <param name="Version">Version of the settings the change was made from; null takes whatever is newest.</param>
public sealed record SetModelFallbacks(IReadOnlyList<string> Models, long? Version = null);

/// <summary>Sets how a family of models behaves, as a whole: what is null is left to the gateway.</summary>
/// <param name="Profile">The profile.</param>
/// <param name="Version">Version of the settings the change was made from; null takes whatever is newest.</param>
public sealed record SetModelProfile(ModelProfileOverride Profile, long? Version = null);
