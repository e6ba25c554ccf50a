using System.Net;
using GeminiBalance.ServiceDefaults.Settings;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Settings;

/// <summary>Every setting this service applies shows an effect on the wire, to the upstream or to the client: one without a line here fails.</summary>
public sealed class SettingEffectTests
{
    private const string A = SettingStage.Key;
    private const string B = SettingStage.OtherKey;

    /// <summary>By the setting's name.</summary>
    private static readonly Dictionary<string, Func<Task>> Effects = new(StringComparer.Ordinal)
    {
        ["Balancing:Strategy"] = SettingStage.RotatesAsync,
        ["Balancing:Adaptive:SuccessWeight"] = () => SettingStage.ChoosesAsync("Balancing:Adaptive:SuccessWeight=0.01;Balancing:Adaptive:LatencyWeight=1;Balancing:Adaptive:FailurePenalty=0", B, "Balancing:Adaptive:SuccessWeight=100", A),
        ["Balancing:Adaptive:LatencyWeight"] = () => SettingStage.ChoosesAsync("Balancing:Adaptive:LatencyWeight=0;Balancing:Adaptive:FailurePenalty=0", A, "Balancing:Adaptive:LatencyWeight=100", B),
        ["Balancing:Adaptive:LatencyScaleSeconds"] = () => SettingStage.ChoosesAsync("Balancing:Adaptive:SuccessWeight=0.5;Balancing:Adaptive:LatencyWeight=1;Balancing:Adaptive:LatencyScaleSeconds=600;Balancing:Adaptive:FailurePenalty=0", A, "Balancing:Adaptive:LatencyScaleSeconds=1", B),
        ["Balancing:Adaptive:FailurePenalty"] = () => SettingStage.ChoosesAsync("Balancing:Adaptive:SuccessWeight=0.01;Balancing:Adaptive:LatencyWeight=1;Balancing:Adaptive:LatencyScaleSeconds=600;Balancing:Adaptive:FailurePenalty=0", B, "Balancing:Adaptive:FailurePenalty=0.99", A),
        ["Balancing:Adaptive:FailurePenaltySeconds"] = () => SettingStage.ChoosesAsync("Balancing:Adaptive:SuccessWeight=0.01;Balancing:Adaptive:LatencyWeight=1;Balancing:Adaptive:LatencyScaleSeconds=600;Balancing:Adaptive:FailurePenalty=0.99;Balancing:Adaptive:FailurePenaltySeconds=86400", A, "Balancing:Adaptive:FailurePenaltySeconds=10", B),
        ["Forwarding:MaximumAttempts"] = SettingStage.BoundsCallsAsync,
        ["Forwarding:DeadlineSeconds"] = () => SettingStage.EndsTheWaitAsync("Forwarding:DeadlineSeconds=1"),
        ["Forwarding:CommitAfterSeconds"] = () => SettingStage.StreamSaysAsync("Forwarding:CommitAfterSeconds=0.05", comments: 1),
        ["Forwarding:KeepAliveSeconds"] = () => SettingStage.StreamSaysAsync("Forwarding:CommitAfterSeconds=0.05;Forwarding:KeepAliveSeconds=0.05", comments: 3),
        ["Forwarding:DrainSeconds"] = SettingStage.EndsWithTheProcessAsync,
        ["RemoteMedia:Mode"] = SettingStage.LeavesMediaToGeminiAsync,
        ["Privacy:ClientRequestIds"] = SettingStage.ForgetsTheClientsIdAsync,
        ["Thinking:Mode"] = () => SettingStage.SendsAsync("Thinking:Mode=Off", "gemini-2.5-flash", "\"thinkingBudget\":0"),
        ["Thinking:Budget"] = () => SettingStage.SendsAsync("Thinking:Mode=Budget;Thinking:Budget=1024", "gemini-2.5-flash", "\"thinkingBudget\":1024"),
        ["Thinking:Level"] = () => SettingStage.SendsAsync("Thinking:Mode=Level;Thinking:Level=low", "gemini-3-pro-preview", "\"thinkingLevel\":\"LOW\""),
        ["Thinking:IncludeThoughts"] = () => SettingStage.SendsAsync("Thinking:IncludeThoughts=true", "gemini-2.5-flash", "\"includeThoughts\":true"),
        ["Thinking:RefuseOff"] = () => SettingStage.AnswersAsync("Thinking:RefuseOff=true", "gemini-2.5-pro", HttpStatusCode.BadRequest, "\"reasoning_effort\":\"none\","),
        ["Thinking:Models:*:Mode"] = () => SettingStage.SendsAsync("Thinking:Models:gemini-2.5:Mode=Off", "gemini-2.5-flash", "\"thinkingBudget\":0"),
        ["Thinking:Models:*:Budget"] = () => SettingStage.SendsAsync("Thinking:Models:gemini-2.5:Mode=Budget;Thinking:Models:gemini-2.5:Budget=512", "gemini-2.5-flash", "\"thinkingBudget\":512"),
        ["Thinking:Models:*:Level"] = () => SettingStage.SendsAsync("Thinking:Models:gemini-3:Mode=Level;Thinking:Models:gemini-3:Level=high", "gemini-3-pro-preview", "\"thinkingLevel\":\"HIGH\""),
        ["Thinking:Models:*:IncludeThoughts"] = () => SettingStage.SendsAsync("Thinking:Models:gemini-2.5:IncludeThoughts=true", "gemini-2.5-flash", "\"includeThoughts\":true"),
        ["Thinking:Models:*:RefuseOff"] = () => SettingStage.AnswersAsync("Thinking:Models:gemini-2.5:RefuseOff=true", "gemini-2.5-pro", HttpStatusCode.BadRequest, "\"reasoning_effort\":\"none\","),
        ["Models:Default"] = () => SettingStage.SendsAsync("Models:Unknown=UseDefault;Models:Default=gemini-2.5-pro", "gpt-9", "/v1beta/models/gemini-2.5-pro:generateContent"),
        ["Models:Unknown"] = () => SettingStage.SendsAsync("Models:Unknown=UseDefault;Models:Default=gemini-2.5-flash", "gpt-9", "/v1beta/models/gemini-2.5-flash:generateContent"),
        ["Models:Aliases:*"] = () => SettingStage.SendsAsync("Models:Aliases:gpt-4o=gemini-2.5-flash-lite", "gpt-4o", "/v1beta/models/gemini-2.5-flash-lite:generateContent"),
        ["Models:Fallbacks:*"] = SettingStage.FallsBackAsync,
        ["PromptInjection:Enabled"] = () => SettingStage.SendsAsync("PromptInjection:Enabled=false", "gemini-2.5-flash", "from the file", whenSet: false, ("PromptInjection:System", "from the file")),
        ["PromptInjection:System"] = () => SettingStage.SendsAsync("PromptInjection:System=be brief", "gemini-2.5-flash", "be brief"),
        ["PromptInjection:UserPrefix"] = () => SettingStage.SendsAsync("PromptInjection:UserPrefix=first of all ", "gemini-2.5-flash", "first of all "),
        ["PromptInjection:UserSuffix"] = () => SettingStage.SendsAsync("PromptInjection:UserSuffix= last of all", "gemini-2.5-flash", " last of all"),
        ["Safety:Threshold"] = () => SettingStage.SendsAsync("Safety:Threshold=BLOCK_ONLY_HIGH", "gemini-2.5-flash", "{\"category\":\"HARM_CATEGORY_HATE_SPEECH\",\"threshold\":\"BLOCK_ONLY_HIGH\"}"),
        ["Safety:Harassment"] = () => SettingStage.SendsAsync("Safety:Threshold=OFF;Safety:Harassment=BLOCK_NONE", "gemini-2.5-flash", "[{\"category\":\"HARM_CATEGORY_HARASSMENT\",\"threshold\":\"BLOCK_NONE\"},{\"category\":\"HARM_CATEGORY_HATE_SPEECH\",\"threshold\":\"OFF\"}"),
        ["Safety:HateSpeech"] = () => SettingStage.SendsAsync("Safety:HateSpeech=OFF", "gemini-2.5-flash", "\"safetySettings\":[{\"category\":\"HARM_CATEGORY_HATE_SPEECH\",\"threshold\":\"OFF\"}]"),
        ["Safety:SexuallyExplicit"] = () => SettingStage.SendsAsync("Safety:SexuallyExplicit=OFF", "gemini-2.5-flash", "\"safetySettings\":[{\"category\":\"HARM_CATEGORY_SEXUALLY_EXPLICIT\",\"threshold\":\"OFF\"}]"),
        ["Safety:DangerousContent"] = () => SettingStage.SendsAsync("Safety:DangerousContent=OFF", "gemini-2.5-flash", "\"safetySettings\":[{\"category\":\"HARM_CATEGORY_DANGEROUS_CONTENT\",\"threshold\":\"OFF\"}]"),
        ["Streaming:Mode"] = SettingStage.HoldsBackAsync,
        ["Gemini:ConnectTimeoutSeconds"] = SettingStage.GivesUpConnectingAsync,
        ["Gemini:FirstByteTimeoutSeconds"] = () => SettingStage.EndsTheWaitAsync("Gemini:FirstByteTimeoutSeconds=0.2;Forwarding:MaximumAttempts=1"),
        ["Gemini:IdleTimeoutSeconds"] = SettingStage.EndsASilenceAsync,
        ["Upstream:Proxies"] = SettingStage.GoesThroughAProxyAsync,
        ["Cors:Origins"] = SettingStage.LetsAPageInAsync,
        ["Admission:MaximumCalls"] = () => SettingStage.TurnsAwayAsync("Admission:MaximumCalls=1;Admission:MaximumWaiting=0", otherModel: true),
        ["Admission:MaximumCallsPerModel"] = () => SettingStage.TurnsAwayAsync("Admission:MaximumCallsPerModel=1;Admission:MaximumWaiting=0", otherModel: false),
        ["Admission:MaximumWaiting"] = SettingStage.LetsWaitAsync,
        ["Admission:LongestWaitMilliseconds"] = () => SettingStage.TurnsAwayAsync("Admission:MaximumCalls=1;Admission:LongestWaitMilliseconds=1", otherModel: true),
    };

    /// <summary>What the model catalogue sets: <see cref="ModelSettingsTests"/> show what is sent, and ModelDifferenceTests what else a profile changes.</summary>
    private static readonly string[] OfTheCatalogue =
    [
        "Models:Enabled:*",
        .. ((string[])
        [
            "Thinking", "MinimumBudget", "MaximumBudget", "CanBeOff", "Levels", "IgnoresSampling", "RefusesPenalties", "RefusesModelTurnLast", "RefusesSystemInstruction",
            "RefusesTools", "MostCandidates", "EnforcesSignatures", "MixesTools", "OutputLimit",
        ]).Select(name => "Models:Profiles:*:" + name),
    ];

    public static TheoryData<string> Names =>
        [.. SettingCatalogue.All.Where(definition => definition.AppliesTo(SettingServices.Proxy)).Select(definition => definition.Name).Except(OfTheCatalogue)];

    [Theory]
    [MemberData(nameof(Names))]
    public Task Setting_HasItsEffect(string name) => Effects.TryGetValue(name, out var effect) ? effect() : throw new InvalidOperationException($"{name} has no test of its effect yet: give it a line above.");

    [Fact]
    public void Effects_AreOfSettingsThereAre() => Assert.Empty(Effects.Keys.Concat(OfTheCatalogue).Except(SettingCatalogue.All.Select(definition => definition.Name)));
}
