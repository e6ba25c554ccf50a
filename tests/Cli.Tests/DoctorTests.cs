using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class DoctorTests
{
    [Fact]
    public void Report_SomethingNeededIsMissing_NamesTheRemedyAndReturnsOne()
    {
        using var output = new StringWriter();

        Assert.Equal(1, Doctor.Report([new("fine"), new("Redis is missing", "sudo apt-get install redis-server")], output));

        Assert.Contains("ok       fine", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("-> sudo apt-get install redis-server", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OnlyNotes_ReturnsZero() => Assert.Equal(0, Doctor.Report([new("no Node.js", "install it", Needed: false)], TextWriter.Null));

    [Fact]
    public void Ports_OneTaken_IsANote()
    {
        var findings = MachineChecks.Ports(new HashSet<int> { 8080 }).ToArray();

        Assert.NotNull(findings[0].Remedy);
        Assert.False(findings[0].Needed);
        Assert.Null(findings[1].Remedy);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("localhost,127.0.0.1", false)]
    public void Proxies_ForLocalhostToo_AreAProblemWithoutShowingTheirAddress(string? exceptions, bool problem)
    {
        var finding = MachineChecks.Proxies(name => name switch
        {
            "HTTPS_PROXY" => "http://user:secret@proxy:3128",
            "NO_PROXY" => exceptions,
            _ => null,
        });

        Assert.Equal(problem, finding.Remedy is not null);
        Assert.DoesNotContain("secret", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void DataFolder_OthersMayRead_IsAProblem()
    {
        using var folder = new TemporaryFolder();

        Assert.Null(MachineChecks.DataFolder(folder.Path).Remedy);
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);

        Assert.Contains("chmod 700", MachineChecks.DataFolder(folder.Path).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30, false)]
    [InlineData(600, true)]
    [InlineData(-600, true)]
    public void Clock_FarOff_IsAProblem(int seconds, bool problem)
    {
        var finding = UpstreamChecks.Clock(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddSeconds(seconds));

        Assert.Equal(problem, finding.Remedy is not null);
    }
}
