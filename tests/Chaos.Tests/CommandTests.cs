namespace GeminiBalance.Chaos.Tests;

public sealed class CommandTests
{
    [Theory]
    [InlineData("--minutes", "0")]
    [InlineData("--minutes", "soon")]
    [InlineData("--minutes")]
    [InlineData("--seed", "-1")]
    [InlineData("--fault", "rain")]
    [InlineData("--loud")]
    public async Task WrongOption_IsNamed_AndNothingStarts(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();

        var code = await Command.RunAsync(args, output, errors);

        Assert.Equal(2, code);
        Assert.Contains(args[0], errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void Options_AreRead()
    {
        var options = Command.ChaosOptions.Read(["--minutes", "7", "--seed", "3", "--fault", "broker-wiped"], out var problem);

        Assert.Null(problem);
        Assert.Equal((7, 3), (options!.Minutes, options.Seed));
        Assert.Equal(["broker-wiped"], options.Faults.Select(fault => fault.Name));
    }
}
