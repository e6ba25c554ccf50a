using System.Text.Json.Nodes;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class ParameterFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task InUse_WhatTheRunWasGiven_GoesBeforeWhatIsKept()
    {
        await WriteAsync("parameters.json", """{"encryption-key":"kept","service-token":"token"}""");
        await WriteAsync("parameters.given.json", """{"encryption-key":"given"}""");

        Assert.Equal("given", ParameterFile.InUse(folder.Path, ParameterFile.EncryptionKey));
        Assert.Equal("token", ParameterFile.InUse(folder.Path, "service-token"));
        Assert.Equal("kept", ParameterFile.Kept(folder.Path, ParameterFile.EncryptionKey));
        Assert.Null(ParameterFile.InUse(folder.In("nowhere"), "service-token"));
    }

    [Fact]
    public async Task Keep_ReplacesOneValue_AndIsPrivate()
    {
        await WriteAsync("parameters.json", """{"encryption-key":"kept","service-token":"token"}""");

        ParameterFile.Keep(folder.Path, ParameterFile.EncryptionKey, "proven");

        var kept = JsonNode.Parse(await File.ReadAllTextAsync(folder.In("parameters.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(("proven", "token"), ((string?)kept["encryption-key"], (string?)kept["service-token"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.In("parameters.json")));
        Assert.Equal([folder.In("parameters.json")], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Kept_InADamagedFile_IsRefusedWithoutQuotingIt()
    {
        await WriteAsync("parameters.json", """{"encryption-key":"hidden-value" """);

        var refused = Assert.Throws<CliException>(() => ParameterFile.Kept(folder.Path, ParameterFile.EncryptionKey));

        Assert.Equal($"{folder.In("parameters.json")} is no valid JSON.", refused.Message);
    }

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(folder.In(name), text, TestContext.Current.CancellationToken);
}
