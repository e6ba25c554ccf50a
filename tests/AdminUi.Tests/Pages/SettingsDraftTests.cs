using GeminiBalance.AdminUi.Pages.Settings;
using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Tests.Pages;

/// <summary>What an operator means to make of the settings, before it is saved.</summary>
public sealed class SettingsDraftTests
{
    private const string Strategy = "Balancing:Strategy";
    private const string Attempts = "Forwarding:MaximumAttempts";

    [Fact]
    public void Change_BackToWhatWasRead_IsNone()
    {
        var draft = new SettingsDraft(Read(1, strategy: "weighted"));

        draft.Set(Strategy, "adaptive");
        draft.Set(Attempts, "5");
        draft.Set(Strategy, "weighted");
        Assert.Equal([new SettingChange(Attempts, null, "5")], draft.Changes);

        draft.Set(Attempts, "");
        Assert.Empty(draft.Changes);
    }

    [Theory]
    [InlineData("0", "integer")]
    [InlineData("11", "integer")]
    [InlineData("three", "integer")]
    [InlineData("10", null)]
    [InlineData("", null)]
    public void Value_OutOfRange_IsFaultyBeforeItIsSent(string value, string? kind)
    {
        var draft = new SettingsDraft(Read(1));
        draft.Set(Attempts, value);

        Assert.Equal(kind, draft.Refuse(draft.Settings.Single(setting => setting.Name == Attempts)));
        Assert.Equal(kind is null ? [] : [Attempts], draft.Faulty);
    }

    [Theory]
    [InlineData("Models:Aliases:*", "GPT-4o", "Models:Aliases:gpt-4o")]
    [InlineData("Thinking:Models:*:Mode", "gemini-2.5", "Thinking:Models:gemini-2.5:Mode")]
    [InlineData("Models:Aliases:*", "", null)]
    [InlineData("Models:Aliases:*", "a b", null)]
    [InlineData("Models:Aliases:*", "a:b", null)]
    [InlineData("Models:Aliases:*", "*", null)]
    public void Name_OfTheOperatorsChoice_IsAddedWhenItCanBeOne(string pattern, string part, string? name)
    {
        var draft = new SettingsDraft(Read(1));

        Assert.Equal(name, draft.Add(pattern, part));
        Assert.Equal(name is not null, draft.Settings.Any(setting => setting.Name == name));
        Assert.Empty(draft.Changes);
    }

    [Fact]
    public void Rebase_OntoAnotherChangeOfTheSameSetting_IsAConflictThatKeepsBothValues()
    {
        var draft = new SettingsDraft(Read(1));
        draft.Set(Strategy, "weighted");
        draft.Set(Attempts, "5");

        var conflicts = draft.Rebase(Read(2, strategy: "round_robin"));

        Assert.Equal([new SettingConflict(Strategy, "round_robin", "weighted")], conflicts);
        Assert.Equal(2, draft.Version);
        Assert.Equal([new SettingChange(Strategy, "round_robin", "weighted"), new SettingChange(Attempts, null, "5")], draft.Changes);
    }

    [Fact]
    public void Rebase_OntoTheSameOrOtherChanges_IsNoConflict()
    {
        var draft = new SettingsDraft(Read(1));
        draft.Set(Strategy, "weighted");

        Assert.Empty(draft.Rebase(Read(2, attempts: "7")));
        Assert.Equal([new SettingChange(Strategy, null, "weighted")], draft.Changes);
        Assert.Empty(draft.Rebase(Read(3, strategy: "weighted")));
        Assert.Empty(draft.Changes);
    }

    private static SettingsView Read(long version, string? strategy = null, string? attempts = null) => new(version,
    [
        new SettingView(Strategy, strategy, "choice", "adaptive", null, null, ["adaptive", "round_robin", "weighted"], "How keys are chosen."),
        new SettingView(Attempts, attempts, "integer", "3", 1, 10, null, "The most upstream calls made for one request."),
    ]);
}
