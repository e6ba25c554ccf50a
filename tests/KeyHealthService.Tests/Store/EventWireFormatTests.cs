using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.AccessKeys;
using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Models;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Store;

/// <summary>The JSON of every event as it lies in the store. A fixture is never changed: a new shape gets a new name.</summary>
public sealed class EventWireFormatTests
{
    private static readonly Guid Id = new("019f1a2b-0000-7000-8000-000000000001");
    private static readonly DateTimeOffset At = new(2026, 7, 1, 12, 0, 0, 250, TimeSpan.Zero);

    public static TheoryData<string> Names => [.. EventNames.All.Values];

    [Theory]
    [MemberData(nameof(Names))]
    public void Event_WrittenAndRead_HasItsReviewedForm(string name)
    {
        var serializer = Serializer();
        var sample = Samples.Single(sample => EventNames.All[sample.GetType()] == name);
        var reviewed = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "Events", $"{name}.json"));

        var written = JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(serializer.ToJson(sample)));

        Assert.Equal(JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(reviewed)), written);
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(reviewed));
        Assert.Equal(written, JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(serializer.ToJson(serializer.FromJson(sample.GetType(), stream)))));
    }

    [Fact]
    public void Names_CoverEveryEventOnce()
    {
        var events = typeof(IPoolEvent).Assembly.GetTypes().Where(type => type is { IsClass: true } && type.IsAssignableTo(typeof(IPoolEvent)));

        Assert.Equivalent(events, EventNames.All.Keys, strict: true);
        Assert.Equal(EventNames.All.Count, EventNames.All.Values.Distinct().Count());
        Assert.All(EventNames.All.Values, name => Assert.Matches(@"^gb\.[a-z-]+\.[a-z-]+\.v\d+$", name));
    }

    private static IPoolEvent[] Samples { get; } =
    [
        new KeyAdded(Id, "AIza…0001", "a1b2", "Team one", "alpha", "ada", At),
        new KeyLabelled(Id, "Team two", "ada", At),
        new KeyProjectSet(Id, "beta", "ada", At),
        new KeyRoutingSet(Id, KeyTier.Paid, 200, 10, "ada", At),
        new KeyTagged(Id, "eu,team-a", "ada", At),
        new KeyRetired(Id, "cleanup", "cleanup", At),
        new KeyTransitionUndone(Id, 2, KeyStatus.Forbidden, KeyStatus.Healthy, "suspended", At.AddHours(1), 403, "ada", At),
        new ProjectDescribed(Id, "alpha", "projects/123", "billing-1", KeyTier.Free, "ada", At),
        new LimitsSet(Id, "project:alpha", "gemini-2.5-flash", 10, 250000, 250, "ada", At),
        new LimitLearned(Id, "project:alpha", "gemini-2.5-flash", QuotaMetric.RequestsPerDay, 250, "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "proxy a", At),
        new PoolAlarmRaised(Id, UpstreamOutcomeClass.KeyForbidden, 30, 50, "guard", At),
        new PoolAlarmEnded(Id, UpstreamOutcomeClass.KeyForbidden, "guard", At),
        new KeyDisabled(Id, "ada", At),
        new KeyEnabled(Id, "ada", At),
        new KeyRemoved(Id, "ada", At),
        new KeyHealthChanged(Id, KeyStatus.Healthy, KeyStatus.Forbidden, "billing", At.AddHours(1), UpstreamOutcomeClass.BillingRequired, 402, "proxy a", At),
        new QuotaChanged(
            Id, "project:alpha", "gemini-2.5-flash", QuotaStatus.Available, QuotaStatus.Cooling, At.AddMinutes(1),
            UpstreamOutcomeClass.QuotaPerMinute, 429, "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", 10, Id, "proxy a", At),
        new AccessKeyCreated(Id, "team one", "sk-gb-abcd", "00ff", At.AddDays(30), "ada", At),
        new AccessKeyEdited(
            Id,
            new AccessKeyTerms("team one", At.AddDays(30), "ada", "for the build", ["ci"], ["gemini-2.5-*"], ["10.0.0.0/8"], new AccessKeyLimits(60, 100_000, 1000, 1_000_000, 20_000_000, 1.5m, 20m, 8)),
            "ada",
            At),
        new AccessKeyRotated(Id, "sk-gb-efgh", "11ee", At.AddDays(1), "ada", At),
        new AccessKeyRevoked(Id, "ada", At),
        new AccessKeyDisabled(Id, "ada", At),
        new AccessKeyEnabled(Id, "ada", At),
        new AccessKeyRemoved(Id, "ada", At),
        new SettingsSaved([new SettingChange("Balancing:Strategy", null, "weighted"), new SettingChange("Safety:Threshold", "OFF", null)], 3, "ada", At),
        new ModelsSynced(
            [new UpstreamModel("gemini-2.5-flash", "Gemini 2.5 Flash", "Fast.", "001", 1_048_576, 65_536, ["countTokens", "generateContent"], true)],
            [new UpstreamModel("gemini-2.5-pro", null, null, null, null, 32_768, [])],
            [new ModelChange("gemini-2.5-pro", "outputTokenLimit", "65536", "32768")],
            ["gemini-1.5-pro"],
            ["gemini-2.0-flash"],
            ["gemini-1.0-pro"],
            "ada",
            At),
    ];

    private static ISerializer Serializer()
    {
        var options = new StoreOptions();
        EventStoreSetup.Configure(options);
        return options.Serializer();
    }
}
