using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Translation.Requests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Settings;

public sealed class TranslationSettingsTests
{
    [Theory]
    [InlineData("gemini-2.5-flash", "gemini-2.5-flash", false, null)]
    [InlineData("models/gemini-2.5-flash-search", "gemini-2.5-flash", true, null)]
    [InlineData("gemini-2.5-pro-maxthinking-search", "gemini-2.5-pro", true, nameof(ReasoningEffort.ExtraHigh))]
    [InlineData("gemini-2.5-flash-search-nothinking", "gemini-2.5-flash", true, nameof(ReasoningEffort.None))]
    [InlineData("clever", "gemini-4-neon", false, nameof(ReasoningEffort.ExtraHigh))]
    [InlineData("openai/gpt-5", "gemini-2.5-flash", false, null)]
    public void Choose_Name_MeansAModelAndWhatItsSuffixesAskFor(string asked, string model, bool search, string? thinking)
    {
        using var settings = Running(("Models:Aliases:clever", "gemini-4-neon-maxthinking"), ("Models:Aliases:openai/gpt-5", "gemini-2.5-flash"));

        Assert.Equal(new ModelChoice(model, search, thinking is null ? null : Enum.Parse<ReasoningEffort>(thinking)), settings.Value.Choose(asked));
    }

    [Theory]
    [InlineData("gpt-4o", "gemini-3.5-flash", true)]
    [InlineData("openai/gpt-4o", "gemini-3.5-flash", true)]
    [InlineData("gemini-9-unheard-of", "gemini-9-unheard-of", false)]
    [InlineData("gemma-3-27b-it", "gemma-3-27b-it", false)]
    [InlineData("house-model", "house-model", false)]
    public void ChooseForChat_UnknownModel_IsTheDefaultOneWhenSoSet(string asked, string model, bool isDefault)
    {
        using var settings = Running(("Models:Unknown", "UseDefault"), ("Models:Default", "gemini-3.5-flash"), ("Models:Profiles:house-:Thinking", "none"));

        Assert.Equal((model, isDefault), settings.Value.ChooseForChat(asked) is { } choice ? (choice.Name, choice.IsDefault) : default);
    }

    [Fact]
    public void ChooseForChat_UnknownModel_IsLeftToTheUpstreamOtherwise()
    {
        using var settings = Running(("Models:Default", "gemini-3.5-flash"));

        Assert.Equal("gpt-4o", settings.Value.ChooseForChat("gpt-4o")!.Value.Name);
        Assert.Null(settings.Value.ChooseForChat("openai/gpt-4o"));
    }

    [Fact]
    public void Settings_ChangedWhileRunning_HoldForTheNextRequest()
    {
        using var settings = Running(("Thinking:Mode", "Client"));
        var before = settings.Value.For(new ModelChoice("gemini-2.5-flash", false, null), LearnedLimits.None);

        settings.Set(("Models:Aliases:fast", "gemini-3.1-flash-lite"), ("Models:RefusePrefill", "true"), ("Models:RefuseJsonWithTools", "true"), ("Thinking:Mode", "Off"), ("PromptInjection:System", "be brief"), ("Safety:Threshold", "BLOCK_NONE"));
        var after = settings.Value.For(new ModelChoice("gemini-2.5-flash", false, null), LearnedLimits.None);

        Assert.Equal(new TranslationOptions(), before);
        Assert.Equal(new TranslationOptions { Effort = ReasoningEffort.None, RefusePrefill = true, RefuseJsonWithTools = true, SystemText = "be brief", SafetyThreshold = "BLOCK_NONE" }, after);
        Assert.Equal("gemini-3.1-flash-lite", settings.Value.Choose("fast")!.Value.Name);
    }

    [Theory]
    [InlineData("IncludeThoughts", "true", "Off", null, true, true)]
    [InlineData("RefuseOff", "false", "Off", null, null, false)]
    [InlineData("Mode", "Budget", null, 512, null, true)]
    [InlineData("Mode", "Level", "High", null, null, true)]
    [InlineData("Mode", "", "Off", null, null, true)]
    [InlineData("Budget", "1024", "Off", null, null, true)]
    public void For_ModelWithASettingOfItsOwn_KeepsAllOthersOfAllModels(string name, string value, string? effort, int? budget, bool? thoughts, bool refuseOff)
    {
        using var settings = Running(("Thinking:Mode", "Off"), ("Thinking:Budget", "512"), ("Thinking:Level", "high"), ("Thinking:RefuseOff", "true"), ($"Thinking:Models:gemini-2.5:{name}", value));

        var own = settings.Value.For(new ModelChoice("gemini-2.5-flash", false, null), LearnedLimits.None);
        var other = settings.Value.For(new ModelChoice("gemini-3-pro", false, null), LearnedLimits.None);

        ReasoningEffort? expected = effort switch { "Off" => ReasoningEffort.None, null => null, _ => Enum.Parse<ReasoningEffort>(effort) };
        Assert.Equal((expected, budget, thoughts, refuseOff), (own.Effort, own.ThinkingBudget, own.IncludeThoughts, own.RefuseThinkingOff));
        Assert.Equal((ReasoningEffort.None, null, null, true), (other.Effort, other.ThinkingBudget, other.IncludeThoughts, other.RefuseThinkingOff));
    }

    [Fact]
    public void For_ModelOfSeveralBeginnings_GoesByTheLongest()
    {
        using var settings = Running(("Thinking:Models:gemini:Mode", "Off"), ("Thinking:Models:gemini-2.5-pro:Mode", "Level"), ("Thinking:Models:gemini-2.5-pro:Level", "low"));

        Assert.Equal(
            [ReasoningEffort.None, ReasoningEffort.Low, null],
            new[] { "gemini-2.5-flash", "gemini-2.5-pro-002", "gemma-3" }.Select(model => settings.Value.For(new ModelChoice(model, false, null), LearnedLimits.None).Effort));
    }

    [Theory]
    [InlineData("Budget", "-2", "Thinking:Models:gemini-2.5:Budget must be -1 to 1000000.")]
    [InlineData("Level", "loud", "Thinking:Models:gemini-2.5:Level is 'loud', but must be minimal, low, medium, high or xhigh.")]
    public void Settings_OfAModelThatCannotBe_AreRefusedByName(string name, string value, string said)
    {
        using var settings = Running(($"Thinking:Models:gemini-2.5:{name}", value));

        Assert.Equal(said, Assert.Throws<OptionsValidationException>(() => settings.Value.For(new ModelChoice("gemini-2.5-flash", false, null), LearnedLimits.None)).Message);
    }

    private static RunningSettings Running(params (string Name, string Value)[] values) => new(values);

    private sealed class RunningSettings : IDisposable
    {
        private readonly IHost host;
        private readonly IConfigurationManager configuration;

        public RunningSettings((string Name, string Value)[] values)
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
            configuration = builder.Configuration;
            configuration.AddInMemoryCollection(values.ToDictionary(value => value.Name, value => (string?)value.Value));
            builder.AddTranslationSettings();
            host = builder.Build();
        }

        public TranslationSettings Value => host.Services.GetRequiredService<TranslationSettings>();

        public void Set(params (string Name, string Value)[] values)
        {
            foreach (var (name, value) in values)
            {
                configuration[name] = value;
            }

            ((IConfigurationRoot)configuration).Reload();
        }

        public void Dispose() => host.Dispose();
    }
}
