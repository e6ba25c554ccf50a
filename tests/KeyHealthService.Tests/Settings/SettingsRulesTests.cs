using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.ServiceDefaults.Settings;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Settings;

public sealed class SettingsRulesTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    [Theory]
    [InlineData("Forwarding:MaximumAttempts", "11", "Forwarding:MaximumAttempts must be a whole number from 1 to 10.")]
    [InlineData("forwarding:maximumattempts", "two", "Forwarding:MaximumAttempts must be a whole number from 1 to 10.")]
    [InlineData("Balancing:Adaptive:LatencyScaleSeconds", "NaN", "Balancing:Adaptive:LatencyScaleSeconds must be a number from 0.1 to 600.")]
    [InlineData("Balancing:Strategy", "luck", "Balancing:Strategy must be one of adaptive, least_used, round_robin, weighted.")]
    [InlineData("Thinking:IncludeThoughts", "maybe", "Thinking:IncludeThoughts must be true or false.")]
    [InlineData("PromptInjection:System", "", "PromptInjection:System must be a text of 1 to 20000 characters.")]
    [InlineData("Models:Unknown", "UseDefault", "Models:Unknown can be UseDefault only while Models:Default is set.")]
    [InlineData("Models:Aliases:gpt-4o", "no model", "Models:Aliases:gpt-4o must be the name of a model: at most 128 letters, digits, '-', '_' and '.', the first a letter or digit, without '..'.")]
    [InlineData("Models:Default", "gemini-2..5-flash", "Models:Default must be the name of a model: at most 128 letters, digits, '-', '_' and '.', the first a letter or digit, without '..'.")]
    [InlineData("Models:Default", "-flash", "Models:Default must be the name of a model: at most 128 letters, digits, '-', '_' and '.', the first a letter or digit, without '..'.")]
    [InlineData("Models:Fallbacks:gemini-2.5-pro", "gemini-2.5-flash,gemini-2.5-pro", "Models:Fallbacks:gemini-2.5-pro must name other models than itself.")]
    [InlineData("Models:Enabled:gemini-2.5-pro", "no", "Models:Enabled:gemini-2.5-pro must be true or false.")]
    [InlineData("Models:Profiles:gemini-9:Thinking", "hard", "Models:Profiles:gemini-9:Thinking must be one of none, budget, level.")]
    [InlineData("Models:Profiles:gemini-9:Levels", "MEDIUM,LOUD", "Models:Profiles:gemini-9:Levels must be levels, separated by commas: MINIMAL, LOW, MEDIUM, HIGH, XHIGH.")]
    [InlineData("Models:Profiles:gemini-9:OutputLimit", "0", "Models:Profiles:gemini-9:OutputLimit must be a whole number from 1 to 10000000.")]
    [InlineData("Cors:Origins", "https://app.example.org/", "Cors:Origins must be at most 200 origins as https://app.example.org, without a path and separated by commas, or *.")]
    [InlineData("Streaming:Mode", "Slow", "Streaming:Mode must be one of Live, Buffered.")]
    [InlineData("Gemini:IdleTimeoutSeconds", "0", "Gemini:IdleTimeoutSeconds must be a number from 0.05 to 3600.")]
    [InlineData("Encryption:Key", "mine", "There is no setting called 'Encryption:Key'.")]
    [InlineData("Models:Aliases:a:b", "gemini-2.5-pro", "There is no setting called 'Models:Aliases:a:b'.")]
    [InlineData("Models:Aliases:*", "gemini-2.5-pro", "There is no setting called 'Models:Aliases:*'.")]
    public void Decide_WhatCannotBe_IsRefusedByNameAndRange(string name, string value, string detail)
    {
        var (changes, refusal) = SettingsRules.Decide(Nothing, new Dictionary<string, string?> { ["Safety:Threshold"] = "OFF", [name] = value });

        Assert.Empty(changes);
        Assert.Equal(detail, refusal?.Detail);
    }

    [Theory]
    [InlineData("a", "a", "b", "gemini-2.5-pro", "a")]
    [InlineData("a", "b", "b", "A", "a")]
    [InlineData("x", "a", "a", "a", "a")]
    [InlineData("a", "b", "b", "gemini-2.5-pro", null)]
    public void Decide_AliasesInACircle_AreRefused(string one, string first, string other, string second, string? refused)
    {
        var (_, refusal) = SettingsRules.Decide(Nothing, new Dictionary<string, string?> { ["Models:Aliases:" + one] = first, ["Models:Aliases:" + other] = second });

        Assert.Equal(refused is null ? null : $"Models:Aliases:{refused} must be the name of a model: it leads back to itself.", refusal?.Detail);
    }

    [Theory]
    [InlineData("2048", "1024", "Models:Profiles:gemini-9:MinimumBudget must not be larger than MaximumBudget, which is 1024.")]
    [InlineData("1024", "1024", null)]
    public void Decide_BudgetsOfAFamily_MustFitTogether(string least, string most, string? detail)
    {
        var (_, refusal) = SettingsRules.Decide(Nothing, new Dictionary<string, string?> { ["Models:Profiles:gemini-9:MinimumBudget"] = least, ["Models:Profiles:gemini-9:MaximumBudget"] = most });

        Assert.Equal(detail, refusal?.Detail);
    }

    [Theory]
    [InlineData("Models:Default=gemini-2.5-pro", "", "Models:Unknown=UseDefault", null)]
    [InlineData("Models:Unknown=usedefault", "Models:Default=gemini-2.5-pro", "Models:Default=", "Models:Unknown can be UseDefault only while Models:Default is set. So it is on replica two, together with its command line, environment and files.")]
    [InlineData("", "", "Models:Unknown=UseDefault", "Models:Unknown can be UseDefault only while Models:Default is set.")]
    [InlineData("Models:Profiles:gemini-9:MaximumBudget=1000", "", "Models:Profiles:gemini-9:MinimumBudget=2000", "Models:Profiles:gemini-9:MinimumBudget must not be larger than MaximumBudget, which is 1000. So it is on replica two, together with its command line, environment and files.")]
    [InlineData("Models:Profiles:gemini-9:MaximumBudget=1000", "Models:Profiles:gemini-9:MaximumBudget=3000", "Models:Profiles:gemini-9:MinimumBudget=2000", null)]
    [InlineData("Models:Profiles:gemini-9:MaximumBudget=many", "", "Models:Profiles:gemini-9:MinimumBudget=2000", null)]
    [InlineData("Models:Unknown=UseDefault", "", "Thinking:Mode=Off", null)]
    public void Decide_WithWhatLiesBeneathOnProxies_HoldsThemTogether(string beneath, string before, string asked, string? detail)
    {
        SettingsReport[] replicas =
        [
            new("keyhealth", "one", 0, null, []),
            new("proxy", "two", 0, null, [.. Pairs(beneath).Select(pair => new SettingBeneath(pair.Name, pair.Value!, "environment")), new("Models:Unknown", "Refuse", "file")]),
        ];

        var (changes, refusal) = SettingsRules.Decide(Pairs(before).ToDictionary(pair => pair.Name, pair => pair.Value!), Pairs(asked).ToDictionary(pair => pair.Name, pair => pair.Value), replicas);

        Assert.Equal(detail, refusal?.Detail);
        Assert.Equal(detail is null ? 1 : 0, changes.Count);

        static IEnumerable<(string Name, string? Value)> Pairs(string text) =>
            text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).Select(pair => (pair[0], pair[1].Length == 0 ? null : pair[1]));
    }

    [Fact]
    public void Decide_OnlyWhatReallyChanges_IsChanged()
    {
        var before = new Dictionary<string, string> { ["Balancing:Strategy"] = "weighted", ["Models:Aliases:gpt-4o"] = "gemini-2.5-pro" };

        var (changes, refusal) = SettingsRules.Decide(
            before, new Dictionary<string, string?> { ["balancing:strategy"] = "weighted", ["Models:Aliases:GPT-4o"] = null, ["Thinking:Models:Gemini-3:Level"] = "low", ["Safety:Threshold"] = null });

        Assert.Null(refusal);
        Assert.Equal([("Models:Aliases:gpt-4o", "gemini-2.5-pro", null), ("Thinking:Models:gemini-3:Level", null, "low")], changes.Select(change => (change.Name, change.Before, change.After)));
    }

    [Fact]
    public void Catalogue_DefaultsAndNames_Hold()
    {
        Assert.All(SettingCatalogue.All, definition =>
        {
            Assert.True(definition.Default is null || definition.Refuse(definition.Default) is null, definition.Name);
            var name = definition.Name.Replace("*", "some-1", StringComparison.Ordinal);
            Assert.Equal((definition, name), SettingCatalogue.Find(name));
        });
        Assert.Equal(SettingCatalogue.All.Count, SettingCatalogue.All.Select(definition => definition.Name).Distinct().Count());
    }
}
