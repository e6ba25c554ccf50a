using System.Text;
using GeminiBalance.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Settings;

/// <summary>What a process says of the layers beneath the settings made for all replicas.</summary>
public sealed class LayersBeneathTests
{
    [Fact]
    public void Read_TellsEveryLayerOfASetting_TheStrongestFirst_AndNothingSetForAllReplicas()
    {
        var prefix = "GBT" + Guid.CreateVersion7().ToString("N") + "_";
        Environment.SetEnvironmentVariable(prefix + "Balancing__Strategy", "weighted");
        Environment.SetEnvironmentVariable(prefix + "Encryption__Key", "a secret that is no setting");
        try
        {
            var ours = new GatewaySettingsSource();
            using var file = new MemoryStream(Encoding.UTF8.GetBytes("""{ "Balancing": { "Strategy": "least_used" }, "Models": { "Aliases": { "GPT-4o": "gemini-2.5-pro" } }, "PromptInjection": { "System": "" } }"""));
            using var configuration = (ConfigurationRoot)new ConfigurationBuilder()
                .AddInMemoryCollection([KeyValuePair.Create("Forwarding:MaximumAttempts", (string?)"5")])
                .AddJsonStream(file)
                .AddEnvironmentVariables(prefix)
                .AddCommandLine(["--Thinking:Mode=Off"])
                .Add(ours)
                .Build();
            ours.Values.Replace(new Dictionary<string, string> { ["Balancing:Strategy"] = "round_robin", ["Models:Aliases:mine"] = "gemini-3-pro" });

            var layers = LayersBeneath.Read(configuration, SettingServices.Proxy);

            Assert.Equal(
                [
                    ("Balancing:Strategy", "weighted", "environment"), ("Balancing:Strategy", "least_used", "file"), ("Forwarding:MaximumAttempts", "5", "host"),
                    ("Thinking:Mode", "Off", "command_line"), ("Models:Aliases:gpt-4o", "gemini-2.5-pro", "file"),
                ],
                layers.Select(layer => (layer.Name, layer.Value, layer.Source)));
            Assert.Empty(LayersBeneath.Read(configuration, "nobody"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(prefix + "Balancing__Strategy", null);
            Environment.SetEnvironmentVariable(prefix + "Encryption__Key", null);
        }
    }
}
