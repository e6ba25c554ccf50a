using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Retention;

/// <summary>The settings this service applies, set for all replicas.</summary>
[Collection(BusCollection.Name)]
public sealed class RetentionSettingTests(ServersFixture servers)
{
    [Fact]
    public void Retention_IsAllThisServiceApplies() =>
        Assert.Equal(["Retention:RequestDays"], SettingCatalogue.All.Where(definition => definition.AppliesTo(SettingServices.Stats)).Select(definition => definition.Name));

    [Fact]
    public async Task Days_SetForAllReplicas_WinOverTheEnvironment_AndAreToldToTheControlPlane()
    {
        var told = new ConcurrentQueue<SettingsReport>();
        await using var control = await ControlAsync(new PublishedSettings(Guid.CreateVersion7(), 3, new Dictionary<string, string> { ["Retention:RequestDays"] = "205" }), told);
        var settings = new Dictionary<string, string>(await servers.NewDatabaseAsync()) { ["Retention:RequestDays"] = "50", ["services:keyhealth:http:0"] = control.Urls.First() };
        Assert.Equal((0, ""), await StatsProcess.RunAsync(new Dictionary<string, string>(settings) { ["Logging:LogLevel:Default"] = "Warning" }, "migrate"));
        await using var service = await StatsProcess.StartAsync(settings);
        await Eventually.TrueAsync(() => Task.FromResult(told.Any(report => report.Version == 3)), TimeSpan.FromSeconds(60), "the settings taken over");

        using var run = await service.Client.PostAsync("/jobs/retention/runs", null);
        Assert.Equal(HttpStatusCode.Accepted, run.StatusCode);
        var result = (await Eventually.ValueAsync(
            async () => await service.Client.GetFromJsonAsync("/jobs/retention", ContractsJson.Default.JobStatus) is { Running: false, Result: not null } ended ? ended : null, TimeSpan.FromSeconds(60), "the run over")).Result!;

        // Midnight may have passed since.
        Assert.True(result.Contains(Day(-205), StringComparison.Ordinal) || result.Contains(Day(-206), StringComparison.Ordinal), result);
        Assert.All(told, report => Assert.Equal((SettingServices.Stats, new SettingBeneath("Retention:RequestDays", "50", SettingSources.Environment)), (report.Service, Assert.Single(report.Beneath))));
    }

    private static string Day(int days) => TimeProvider.System.GetUtcNow().AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A control plane that knows one version, and hears what is told.</summary>
    private static async Task<WebApplication> ControlAsync(PublishedSettings settings, ConcurrentQueue<SettingsReport> told)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(async context =>
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                told.Enqueue((await JsonSerializer.DeserializeAsync(context.Request.Body, ContractsJson.Default.SettingsReport))!);
                context.Response.StatusCode = (int)HttpStatusCode.NoContent;
                return;
            }

            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(JsonSerializer.Serialize(settings, ContractsJson.Default.PublishedSettings));
        });
        await app.StartAsync();
        return app;
    }
}
