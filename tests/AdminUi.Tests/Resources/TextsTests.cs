using System.Collections;
using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using GeminiBalance.AdminUi.Resources;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.AdminUi.Tests.Resources;

/// <summary>Every text is there in both languages.</summary>
public sealed partial class TextsTests
{
    public static TheoryData<Type> Areas() => [typeof(ShellTexts), typeof(OverviewTexts), typeof(KeysTexts), typeof(AccessKeysTexts), typeof(AccountTexts), typeof(UsageTexts), typeof(RequestsTexts), typeof(AuditTexts), typeof(PoolsTexts), typeof(ImportsTexts), typeof(JobsTexts), typeof(MyUsageTexts), typeof(ModelsTexts), typeof(SettingsTexts), typeof(SettingNamesTexts)];

    [Theory]
    [MemberData(nameof(Areas))]
    public void Area_InBothLanguages_HasTheSameKeysAndPlaceholders(Type area)
    {
        var english = Read(area, CultureInfo.InvariantCulture);
        var chinese = Read(area, CultureInfo.GetCultureInfo("zh-Hans"));

        Assert.NotEmpty(english);
        Assert.Equal(english.Keys.Order(StringComparer.Ordinal), chinese.Keys.Order(StringComparer.Ordinal));
        Assert.All(english, text => Assert.Equal(Placeholders(text.Value), Placeholders(chinese[text.Key])));
        Assert.All(chinese, text => Assert.Matches("[\u4e00-\u9fff]", text.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("zh-Hans")]
    public void Settings_OfTheCatalogue_HaveANameAndADescription(string language)
    {
        var texts = Read(typeof(SettingNamesTexts), CultureInfo.GetCultureInfo(language));
        var expected = SettingCatalogue.All.SelectMany(definition => new[] { definition.Name, definition.Name + ".About", "Group." + definition.Name.Split(':')[0] });

        Assert.Empty(expected.Except(texts.Keys));
        Assert.All(SettingCatalogue.All, definition => Assert.Equal(definition.IsOpen, texts[definition.Name].Contains("{0}", StringComparison.Ordinal)));
    }

    [Fact]
    public void States_OfKeysAndOutcomes_AllHaveAName()
    {
        var keys = Read(typeof(KeysTexts), CultureInfo.InvariantCulture);
        var overview = Read(typeof(OverviewTexts), CultureInfo.InvariantCulture);

        Assert.All(Enum.GetNames<KeyStatus>(), name => Assert.Contains($"Status.{name}", keys));
        Assert.All(Enum.GetNames<ImportOutcome>(), name => Assert.Contains($"Outcome.{name}", keys));
        Assert.All(Enum.GetNames<RequestOutcome>(), name => Assert.Contains($"RequestOutcome.{name}", overview));
        var imports = Read(typeof(ImportsTexts), CultureInfo.InvariantCulture);
        Assert.All(Enum.GetNames<ImportState>(), name => Assert.Contains($"State.{name}", imports));
        var pools = Read(typeof(PoolsTexts), CultureInfo.InvariantCulture);
        Assert.All(Enum.GetNames<QuotaMetric>(), name => Assert.Contains($"Metric.{name}", pools));
        var requests = Read(typeof(RequestsTexts), CultureInfo.InvariantCulture);
        Assert.All(Enum.GetNames<UpstreamOutcomeClass>(), name => Assert.Contains($"Attempt.{name}", requests));
        Assert.All(Enum.GetNames<RequestOperation>(), name => Assert.Contains($"Operation.{name}", requests));
        var usage = Read(typeof(UsageTexts), CultureInfo.InvariantCulture);
        Assert.All(Enum.GetNames<RequestOutcome>(), name => Assert.Contains($"Outcome.{name}", usage));
        Assert.All(Enum.GetNames<RequestOperation>(), name => Assert.Contains($"Operation.{name}", usage));
        Assert.All(Enum.GetNames<UsageGrouping>(), name => Assert.Contains($"Group.{name}", usage));
        var audit = Read(typeof(AuditTexts), CultureInfo.InvariantCulture);
        Assert.All(Enum.GetNames<AuditArea>(), name => Assert.Contains($"Area.{name}", audit));
    }

    private static Dictionary<string, string> Read(Type area, CultureInfo culture) =>
        new ResourceManager(area).GetResourceSet(culture, createIfNotExists: true, tryParents: false)!
            .Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!);

    private static string[] Placeholders(string text) => [.. Placeholder().Matches(text).Select(match => match.Value).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Placeholder();
}
