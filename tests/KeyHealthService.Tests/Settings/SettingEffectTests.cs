using System.Net.Http.Json;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.KeyHealthService.Transitions;
using GeminiBalance.ServiceDefaults.Settings;
using GeminiBalance.TestKit;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Settings;

/// <summary>Every setting this service applies shows its effect on what goes upstream or on the keys: one without a line here fails.</summary>
[Collection("servers")]
public sealed class SettingEffectTests(ServersFixture servers)
{
    private const string Models = """{"models":[{"name":"models/gemini-2.5-flash"}]}""";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly Uri Google = new("http://gemini.invalid");

    /// <summary>By the setting's name.</summary>
    private static readonly Dictionary<string, Func<SettingEffectTests, Task>> Effects = new(StringComparer.Ordinal)
    {
        ["Upstream:Proxies"] = test => test.ProbesGoThroughAProxyAsync(),
        ["Probing:Enabled"] = test => test.ProbesBeginAsync(),
        ["Probing:Concurrency"] = test => test.ProbesRunSideBySideAsync(),
        ["Cleanup:Enabled"] = test => test.DeadKeysAreRetiredAsync(),
        ["Cleanup:InvalidForDays"] = test => test.MoreKeysAreLongDeadAsync("Cleanup:InvalidForDays", "30", "5", checks: 3),
        ["Cleanup:AtLeastChecks"] = test => test.MoreKeysAreLongDeadAsync("Cleanup:AtLeastChecks", "100", "2", checks: 2),
    };

    public static TheoryData<string> Names => [.. SettingCatalogue.All.Where(definition => definition.AppliesTo(SettingServices.KeyHealth)).Select(definition => definition.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public Task Setting_HasItsEffect(string name) => Effects.TryGetValue(name, out var effect) ? effect(this) : throw new InvalidOperationException($"{name} has no test of its effect yet: give it a line above.");

    private async Task ProbesGoThroughAProxyAsync()
    {
        await using var proxy = await UpstreamStub.StartAsync(context => context.Response.WriteAsync(Models));
        await using var service = await RunningService.StartAsync(servers, ("Gemini:BaseAddress", Google.ToString()));
        var id = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;
        await SetAsync(service, "Upstream:Proxies", $"http://ada:secret-word@127.0.0.1:{proxy.Address.Port}");

        await Eventually.TrueAsync(async () => (await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/check")).Status == KeyStatus.Healthy, Soon, "the key seen to be good, through the proxy");

        Assert.Equal("gemini.invalid", proxy.Hosts.Last());
        Assert.DoesNotContain("secret-word", service.Log.All, StringComparison.Ordinal);
    }

    private async Task ProbesBeginAsync()
    {
        await using var upstream = await UpstreamStub.StartAsync(context => context.Response.WriteAsync(Models));
        await using var service = await RunningService.StartAsync(servers, ("Gemini:BaseAddress", upstream.Address.ToString()), ("Probing:Enabled", "false"));
        var id = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;
        Assert.Empty(upstream.Hosts);

        await SetAsync(service, "Probing:Enabled", "true");

        await Eventually.TrueAsync(async () => (await service.GetAsync<KeyView>($"/keys/{id}")).Status == KeyStatus.Healthy, Soon, "the new key probed");
    }

    private async Task ProbesRunSideBySideAsync()
    {
        var two = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = 0;
        await using var upstream = await UpstreamStub.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref running) == 2)
            {
                two.TrySetResult();
            }

            // One probe alone gives up after its timeout: only a second one at the same time lets it go.
            await two.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Decrement(ref running);
            await context.Response.WriteAsync(Models);
        });
        await using var service = await RunningService.StartAsync(servers, ("Gemini:BaseAddress", upstream.Address.ToString()), ("Probing:Enabled", "true"), ("Probing:Concurrency", "1"), ("Probing:Timeout", "00:00:02"));
        await SetAsync(service, "Probing:Concurrency", "2");
        await Eventually.TrueAsync(async () => (await service.GetAsync<SettingsView>("/settings")).Replicas is [{ Version: 1 }], Soon, "the setting taken over");
        await service.ImportAsync(TestKeys.Lines(4));

        await two.Task.WaitAsync(Soon, TestContext.Current.CancellationToken);
    }

    private async Task DeadKeysAreRetiredAsync()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var service = await RunningService.StartAsync(await servers.NewDatabaseAsync(), time);
        var keys = (await service.ImportAsync(TestKeys.Lines(2))).Lines.Select(line => line.KeyId!.Value).ToArray();
        await DieAsync(service, keys[0], TimeSpan.FromDays(8), checks: 3);
        await SetAsync(service, "Cleanup:Enabled", "true");

        await Eventually.TrueAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromHours(1));
                return (await service.GetAsync<KeyView>($"/keys/{keys[0]}")).Status == KeyStatus.Retired;
            },
            Soon,
            "the dead key retired");
    }

    private async Task MoreKeysAreLongDeadAsync(string name, string from, string to, int checks)
    {
        await using var service = await RunningService.StartAsync(servers, (name, from));
        var keys = (await service.ImportAsync(TestKeys.Lines(2))).Lines.Select(line => line.KeyId!.Value).ToArray();
        await DieAsync(service, keys[0], TimeSpan.FromDays(8), checks);
        Assert.Empty((await service.GetAsync<KeyCleanup>("/keys/cleanup")).Items);

        await SetAsync(service, name, to);

        await Eventually.TrueAsync(async () => (await service.GetAsync<KeyCleanup>("/keys/cleanup")).Items is [{ } one] && one.Id == keys[0], Soon, "the key counted as long dead");
    }

    private static async Task SetAsync(RunningService service, string name, string value)
    {
        using var response = await service.Http.PutAsJsonAsync("/settings", new ChangeSettings(null, new Dictionary<string, string?> { [name] = value }), TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>A key that an upstream did not know long ago: the test moves the time it was found out, not the clock.</summary>
    private static async Task DieAsync(RunningService service, Guid key, TimeSpan ago, int checks)
    {
        var failure = new KeyAttemptFailure(key, "m", TimeProvider.System.GetUtcNow(), UpstreamOutcomeClass.KeyInvalid, 400, "API_KEY_INVALID", null, null, null, null);
        await service.Get<FailureIntake>().ApplyAsync(Guid.CreateVersion7(), new KeyAttemptsFailed(Guid.CreateVersion7(), "a", [failure]), TestContext.Current.CancellationToken);
        await using var command = service.Database.CreateCommand(
            "with moved as (update keys.mt_doc_key set data = jsonb_set(data, '{since}', to_jsonb($2::timestamptz)) where id = $1) update keys.probes set bad_checks = $3 where key_id = $1");
        command.Parameters.Add(new() { Value = key });
        command.Parameters.Add(new() { Value = TimeProvider.System.GetUtcNow() - ago });
        command.Parameters.Add(new() { Value = checks });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
