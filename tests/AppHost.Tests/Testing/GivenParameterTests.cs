using System.Text.Json;
using Xunit;

namespace GeminiBalance.AppHost.Tests.Testing;

/// <summary>A value that the operator gives in place of a kept one must first prove itself.</summary>
public sealed class GivenParameterTests : IDisposable
{
    private const string Name = "encryption-key";
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Given_ToAnApplicationThatFailsWithIt_IsNotKept()
    {
        var kept = await RunAsync("true", null, HealthyAsync);

        // As a service does that finds the data encrypted with another key.
        var afterwards = await RunAsync(
            "test \"$KEY\" != given || exit 3", "given", app => app.ResourceNotifications.WaitForResourceAsync("service", KnownResourceStates.FailedToStart, Cancellation));

        Assert.Equal(kept, afterwards);
        Assert.Equal(kept, await RunAsync($"test \"$KEY\" = {kept} || exit 3", null, HealthyAsync));
    }

    [Fact]
    public async Task Given_ToAnApplicationThatRunsWithIt_IsKept()
    {
        await RunAsync("true", null, HealthyAsync);

        var afterwards = await RunAsync("true", "given", async _ =>
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            while (File.Exists(_folder.New("data/parameters.given.json"))) await Task.Delay(20, limit.Token);
        });

        Assert.Equal("given", afterwards);
    }

    private static Task HealthyAsync(DistributedApplication app) => app.ResourceNotifications.WaitForResourceHealthyAsync("service", Cancellation);

    /// <summary>Runs a service behind a step that gets the parameter, until something is so, and returns what is kept then.</summary>
    private async Task<string> RunAsync(string step, string? given, Func<DistributedApplication, Task> until)
    {
        await using var builder = DistributedApplicationTestingBuilder.Create("--DataFolder=" + _folder.New("data"), "--LocalEngine:Ephemeral=false");
        if (given is not null) builder.Configuration["Parameters:" + Name] = given;
        var parameter = builder.AddParameter(Name, new GenerateParameterDefault { MinLength = 22, Special = false }, secret: true, persist: true);
        builder.AddExecutable("service", "sleep", "/", "600").WaitForCompletion(builder.AddExecutable("step", "sh", "/", "-c", step).WithEnvironment("KEY", parameter));
        await using (var app = await builder.BuildAsync(Cancellation))
        {
            await app.StartAsync(Cancellation);
            await until(app);
        }

        return JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllBytesAsync(_folder.New("data/parameters.json"), Cancellation))![Name];
    }
}
