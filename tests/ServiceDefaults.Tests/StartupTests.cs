using GeminiBalance.ServiceDefaults.Messaging;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.ServiceDefaults.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests;

public sealed class StartupTests
{
    [Theory]
    [InlineData("", "Encryption:Key is not set")]
    [InlineData("too short", "Encryption:Key is too short")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Encryption:Key is not random")]
    public async Task Start_WithAnUnfitEncryptionKey_IsOneSentenceThatNamesTheSetting(string key, string sentence)
    {
        var app = TinyApp.Build(builder => builder.Services.AddSecretEncryption(), ("Encryption:Key", key));

        var (exitCode, said) = await RunAsync(app);

        Assert.Equal(1, exitCode);
        var line = Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("TinyApp cannot start: " + sentence, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithSeveralFaults_NamesThemAll()
    {
        var app = TinyApp.Build(builder =>
        {
            builder.Services.AddSecretEncryption();
            builder.Services.AddServiceAuthentication();
        });

        var (exitCode, said) = await RunAsync(app);

        Assert.Equal(1, exitCode);
        Assert.Contains("Encryption:Key", said, StringComparison.Ordinal);
        Assert.Contains("ServiceAuth:Token", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithARefusedSetting_LogsNoStackTrace()
    {
        var log = new RecordedLog();
        var app = TinyApp.Build(builder =>
        {
            builder.Logging.AddProvider(log);
            builder.Services.AddSecretEncryption();
        });

        await RunAsync(app);

        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task Start_OnATakenPort_SaysSoInOneSentence()
    {
        var (first, client) = await TinyApp.StartAsync(TinyApp.Build());
        await using (first)
        using (client)
        {
            var second = TinyApp.Build();
            second.Urls.Clear();
            second.Urls.Add(client.BaseAddress!.ToString());

            var (exitCode, said) = await RunAsync(second);

            Assert.Equal(1, exitCode);
            var line = Assert.Single(said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Contains("already in use", line, StringComparison.Ordinal);
            Assert.Contains("URLS", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Start_WithAnUnfitServiceToken_NamesTheSetting()
    {
        foreach (var (token, sentence) in new[] { ("canary", "ServiceAuth:Token is too short"), (new string('x', 40), "ServiceAuth:Token is not random") })
        {
            var (exitCode, said) = await RunAsync(TinyApp.Build(builder => builder.Services.AddServiceAuthentication(), ("ServiceAuth:Token", token)));

            Assert.Equal(1, exitCode);
            Assert.StartsWith("TinyApp cannot start: " + sentence, said, StringComparison.Ordinal);
            Assert.DoesNotContain(token, said, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("redis", "")]
    [InlineData("redis", "localhost:6379,canary=1")]
    [InlineData("geminibalance", "canary")]
    [InlineData("geminibalance", "Host=localhost;Canary=1")]
    [InlineData("messaging", "canary")]
    [InlineData("messaging", "http://canary")]
    public void Build_WithAConnectionStringThatCannotBeRead_NamesItWithoutRepeatingIt(string name, string text)
    {
        var refusal = Assert.Throws<StartupException>(() => TinyApp.Build(builder => Connect(builder, name), ($"ConnectionStrings:{name}", text)));

        Assert.Contains($"ConnectionStrings:{name}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refusal.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("geminibalance")]
    [InlineData("messaging")]
    public void Build_WithoutAConnectionString_NamesIt(string name)
    {
        var refusal = Assert.Throws<StartupException>(() => TinyApp.Build(builder => Connect(builder, name)));

        Assert.Contains($"ConnectionStrings:{name}", refusal.Message, StringComparison.Ordinal);
    }

    private static void Connect(WebApplicationBuilder builder, string name)
    {
        switch (name)
        {
            case "redis":
                builder.AddRedisClient("redis");
                break;
            case "messaging":
                builder.AddMessaging();
                break;
            default:
                builder.AddNpgsqlSource("geminibalance");
                break;
        }
    }

    private static async Task<(int ExitCode, string Said)> RunAsync(WebApplication app)
    {
        var said = new StringWriter();
        await using (app)
        {
            return (await app.RunServiceAsync(said), said.ToString());
        }
    }
}
