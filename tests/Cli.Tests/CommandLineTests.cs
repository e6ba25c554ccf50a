using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("15m", 15)]
    [InlineData("24h", 24 * 60)]
    [InlineData("7d", 7 * 24 * 60)]
    public void ParseRange_NumberAndUnit_IsThatLong(string text, int minutes) => Assert.Equal(TimeSpan.FromMinutes(minutes), CommandLine.ParseRange(text));

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("0h")]
    [InlineData("-1h")]
    [InlineData("1w")]
    [InlineData("1.5h")]
    [InlineData("99999d")]
    public void ParseRange_AnythingElse_IsRefusedAsMisuse(string text) => Assert.Equal(2, Assert.Throws<CliException>(() => CommandLine.ParseRange(text)).ExitCode);

    [Theory]
    [InlineData]
    [InlineData("/nowhere", "dance")]
    [InlineData("/nowhere", "usage", "--colour")]
    [InlineData("/nowhere", "usage", "--from", "yesterday")]
    [InlineData("/nowhere", "usage", "--range", "7d", "--from", "2026-01-01T00:00:00Z")]
    [InlineData("/nowhere", "usage", "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z")]
    public async Task RunAsync_UnknownOrIncomplete_IsOneSentenceAndTwo(params string[] args)
    {
        using var error = new StringWriter();

        Assert.Equal(2, await CommandLine.RunAsync(args, TextWriter.Null, error));

        Assert.Single(error.ToString().Trim().Split('\n'));
    }

    [Fact]
    public async Task RunAsync_NothingRuns_ReturnsOne()
    {
        using var folder = new TemporaryFolder();
        using var error = new StringWriter();

        Assert.Equal(1, await CommandLine.RunAsync([folder.Path, "status"], TextWriter.Null, error));

        Assert.StartsWith("gb: Nothing runs", error.ToString(), StringComparison.Ordinal);
    }
}
