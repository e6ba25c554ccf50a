using GeminiBalance.ServiceDefaults.Egress;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>The settings that can be changed while the gateway runs: the one list the control plane, the proxies and the command line share.</summary>
public static class SettingCatalogue
{
    private const int LongestName = 200;
    private static readonly string[] Modes = ["Client", "Off", "Budget", "Level"];
    private static readonly string[] Thresholds = ["OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"];
    private static readonly string[] KeyHealth = [SettingServices.KeyHealth];
    private static readonly string[] Levels = ["minimal", "low", "medium", "high", "xhigh"];
    private static readonly string[] Controls = ["none", "budget", "level"];

    /// <summary>All of them, in the order to show them in.</summary>
    public static IReadOnlyList<SettingDefinition> All { get; } =
    [
        new("Balancing:Strategy", SettingKind.Choice, "adaptive", "How keys are chosen.", Choices: ["adaptive", "least_used", "round_robin", "weighted"]),
        new("Balancing:Adaptive:SuccessWeight", SettingKind.Number, "0.7", "How much the share of successes counts.", 0.01, 100),
        new("Balancing:Adaptive:LatencyWeight", SettingKind.Number, "0.3", "How much speed counts.", 0, 100),
        new("Balancing:Adaptive:LatencyScaleSeconds", SettingKind.Number, "10", "Seconds until the first byte that count as no speed at all.", 0.1, 600),
        new("Balancing:Adaptive:FailurePenalty", SettingKind.Number, "0.5", "The part of its score a key loses right after a failure.", 0, 0.99),
        new("Balancing:Adaptive:FailurePenaltySeconds", SettingKind.Number, "300", "Seconds after which a failure is forgotten.", 1, 86400),
        new("Forwarding:MaximumAttempts", SettingKind.Integer, "3", "The most upstream calls made for one request.", 1, 10),
        new("Forwarding:DeadlineSeconds", SettingKind.Number, "150", "Seconds within which an answer must have begun.", 1, 3600),
        new("Forwarding:CommitAfterSeconds", SettingKind.Number, "10", "Seconds a stream waits for its first content before its 200 goes out.", 0.05, 300),
        new("Forwarding:KeepAliveSeconds", SettingKind.Number, "15", "Seconds between the comments that keep a silent stream open.", 0.05, 300),
        new("Forwarding:DrainSeconds", SettingKind.Number, "5", "Seconds answers may go on after a gateway was told to stop.", 0, 300),
        new("Thinking:Mode", SettingKind.Choice, "Client", "Who decides how much a model thinks when the client does not say.", Choices: Modes),
        new("Thinking:Budget", SettingKind.Integer, "-1", "Tokens for thinking in mode Budget; -1 lets the model decide.", -1, 1_000_000),
        new("Thinking:Level", SettingKind.Choice, "medium", "How hard to think in mode Level.", Choices: Levels),
        new("Thinking:IncludeThoughts", SettingKind.Boolean, null, "Whether thoughts are shown; unset leaves it to the client."),
        new("Thinking:RefuseOff", SettingKind.Boolean, "false", "Whether switching thinking off is refused on models that always think."),
        new("Thinking:Models:*:Mode", SettingKind.Choice, null, "Thinking:Mode for models whose names begin so; unset leaves it to Thinking:Mode.", Choices: Modes),
        new("Thinking:Models:*:Budget", SettingKind.Integer, null, "Thinking:Budget for models whose names begin so; unset leaves it to Thinking:Budget.", -1, 1_000_000),
        new("Thinking:Models:*:Level", SettingKind.Choice, null, "Thinking:Level for models whose names begin so; unset leaves it to Thinking:Level.", Choices: Levels),
        new("Thinking:Models:*:IncludeThoughts", SettingKind.Boolean, null, "Thinking:IncludeThoughts for models whose names begin so; unset leaves it to Thinking:IncludeThoughts."),
        new("Thinking:Models:*:RefuseOff", SettingKind.Boolean, null, "Thinking:RefuseOff for models whose names begin so; unset leaves it to Thinking:RefuseOff."),
        new("Models:Default", SettingKind.Text, null, "The model for requests whose model is unknown, when Models:Unknown says so.", Maximum: LongestName),
        new("Models:Unknown", SettingKind.Choice, "Refuse", "What becomes of a chat with a model that is none of Google's.", Choices: ["Refuse", "UseDefault"]),
        new("Models:Aliases:*", SettingKind.Text, null, "The model a client gets that asks for this name.", Maximum: LongestName),
        new("Models:Fallbacks:*", SettingKind.Text, null, "Models that may answer in place of this one, in order, separated by commas.", Maximum: 1000),
        new("Models:Enabled:*", SettingKind.Boolean, null, "Whether this model is served; one that is not is refused as if it did not exist, and not listed."),
        new("Models:Profiles:*:Thinking", SettingKind.Choice, null, "How thinking is steered on models whose names begin so.", Choices: Controls),
        new("Models:Profiles:*:MinimumBudget", SettingKind.Integer, null, "The smallest budget with which they still think.", 0, 1_000_000),
        new("Models:Profiles:*:MaximumBudget", SettingKind.Integer, null, "Their largest budget.", 1, 1_000_000),
        new("Models:Profiles:*:CanBeOff", SettingKind.Boolean, null, "Whether they accept a budget of 0."),
        new("Models:Profiles:*:Levels", SettingKind.Text, null, "Their levels of thinking beside LOW and HIGH, separated by commas: MINIMAL, MEDIUM, XHIGH.", Maximum: 100),
        new("Models:Profiles:*:IgnoresSampling", SettingKind.Boolean, null, "Whether they ignore temperature and its like."),
        new("Models:Profiles:*:RefusesPenalties", SettingKind.Boolean, null, "Whether they refuse penalties other than 0."),
        new("Models:Profiles:*:RefusesModelTurnLast", SettingKind.Boolean, null, "Whether a conversation may not end with the assistant."),
        new("Models:Profiles:*:RefusesSystemInstruction", SettingKind.Boolean, null, "Whether they have no system instruction."),
        new("Models:Profiles:*:RefusesTools", SettingKind.Boolean, null, "Whether they call no functions."),
        new("Models:Profiles:*:MostCandidates", SettingKind.Integer, null, "The most candidates they give.", 1, 128),
        new("Models:Profiles:*:EnforcesSignatures", SettingKind.Boolean, null, "Whether function calls must carry their thought signature."),
        new("Models:Profiles:*:MixesTools", SettingKind.Boolean, null, "Whether functions may stand beside Google's own tools and JSON answers."),
        new("Models:Profiles:*:OutputLimit", SettingKind.Integer, null, "The most tokens of an answer.", 1, 10_000_000),
        new("PromptInjection:Enabled", SettingKind.Boolean, "true", "Whether the texts of PromptInjection are used."),
        new("PromptInjection:System", SettingKind.Text, null, "Put before the system instruction."),
        new("PromptInjection:UserPrefix", SettingKind.Text, null, "Put before the first text of the user."),
        new("PromptInjection:UserSuffix", SettingKind.Text, null, "Put behind the last text of the user."),
        new(
            "Safety:Threshold", SettingKind.Choice, null, "Gemini's threshold for all kinds of harm, when the client gives none; unset leaves it to Google.",
            Choices: Thresholds),
        new("Safety:Harassment", SettingKind.Choice, null, "Safety:Threshold for harassment alone.", Choices: Thresholds),
        new("Safety:HateSpeech", SettingKind.Choice, null, "Safety:Threshold for hate speech alone.", Choices: Thresholds),
        new("Safety:SexuallyExplicit", SettingKind.Choice, null, "Safety:Threshold for sexually explicit content alone.", Choices: Thresholds),
        new("Safety:DangerousContent", SettingKind.Choice, null, "Safety:Threshold for dangerous content alone.", Choices: Thresholds),
        new("Streaming:Mode", SettingKind.Choice, "Live", "Live passes streams on as they come; Buffered waits for the whole answer, with comments meanwhile, and sends it then.", Choices: ["Live", "Buffered"]),
        new("Gemini:ConnectTimeoutSeconds", SettingKind.Number, "10", "Seconds until a connection to Google must stand.", 1, 300),
        new("Gemini:FirstByteTimeoutSeconds", SettingKind.Number, "120", "Seconds until Google's answer must begin.", 0.05, 3600),
        new("Gemini:IdleTimeoutSeconds", SettingKind.Number, "120", "The longest silence in seconds within an answer of Google.", 0.05, 3600),
        new(
            "Upstream:Proxies", SettingKind.Text, null, "Proxies to reach Google through, separated by commas; every key stays with one of them.",
            Form: ProxyList.Refuse, Mask: ProxyList.Show, Services: [SettingServices.Proxy, SettingServices.KeyHealth]),
        new("RemoteMedia:Mode", SettingKind.Choice, "Fetch", "Who loads images and files that are named by address: the gateway, from the open internet only, Gemini itself, or nobody.", Choices: ["Fetch", "Passthrough", "Off"]),
        new("Privacy:ClientRequestIds", SettingKind.Boolean, "true", "Whether the ids clients give their requests are kept with them. Prompts and answers never are."),
        new("Cors:Origins", SettingKind.Text, null, "Origins of web pages that may call the gateway, separated by commas; * for all.", Form: OriginList.Refuse),
        new("Admission:MaximumCalls", SettingKind.Integer, "5000", "Calls at the same time, for each replica.", 1, 1_000_000),
        new("Admission:MaximumCallsPerModel", SettingKind.Integer, "5000", "Calls for one model at the same time, for each replica.", 1, 1_000_000),
        new("Admission:MaximumWaiting", SettingKind.Integer, "500", "Calls that may wait for a place.", 0, 1_000_000),
        new("Admission:LongestWaitMilliseconds", SettingKind.Integer, "2000", "The longest wait for a place in milliseconds.", 1, 60_000),
        new("Probing:Enabled", SettingKind.Boolean, "true", "Whether keys are probed on a schedule.", Services: KeyHealth),
        new("Probing:Concurrency", SettingKind.Integer, "4", "Probes at the same time, for each replica.", 1, 100, Services: KeyHealth),
        new("Cleanup:Enabled", SettingKind.Boolean, "false", "Whether keys that have long been dead are retired by themselves.", Services: KeyHealth),
        new("Cleanup:InvalidForDays", SettingKind.Integer, "7", "Days a key must have been invalid without a break before it is retired.", 1, 365, Services: KeyHealth),
        new("Cleanup:AtLeastChecks", SettingKind.Integer, "3", "Probes in a row that must have found a key dead before it is retired.", 1, 1000, Services: KeyHealth),
        new("Retention:RequestDays", SettingKind.Integer, "90", "Days single requests are kept.", 1, 3650, Services: [SettingServices.Stats]),
    ];

    /// <summary>Finds the definition of a setting.</summary>
    /// <param name="name">Its name; letter case does not matter.</param>
    /// <returns>The definition and the name as it is written; null when there is no such setting.</returns>
    public static (SettingDefinition Definition, string Name)? Find(string name)
    {
        foreach (var definition in All)
        {
            if (NameAs(definition, name) is { } written)
            {
                return (definition, written);
            }
        }

        return null;
    }

    private static string? NameAs(SettingDefinition definition, string name)
    {
        var star = definition.Name.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return definition.Name.Equals(name, StringComparison.OrdinalIgnoreCase) ? definition.Name : null;
        }

        var (head, tail) = (definition.Name[..star], definition.Name[(star + 1)..]);
        if (name.Length <= head.Length + tail.Length || name.Length > LongestName
            || !name.StartsWith(head, StringComparison.OrdinalIgnoreCase) || !name.EndsWith(tail, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // A colon would reach into a deeper section, and configuration knows no letter case.
        var own = name[head.Length..(name.Length - tail.Length)];
        return own.Any(letter => letter is ':' or '*' || char.IsControl(letter) || char.IsWhiteSpace(letter)) ? null : head + own.ToLowerInvariant() + tail;
    }
}
