using System.Text.RegularExpressions;
using Xunit;

namespace GeminiBalance.Architecture.Tests;

/// <summary>What has to be told somewhere else is told there.</summary>
public sealed partial class RegistrationTests
{
    [Fact]
    public void EveryProject_IsInTheSolution()
    {
        var solution = Repository.Read("GeminiBalance.sln").Replace('\\', '/');

        Assert.Empty(Repository.Files(".csproj").Where(project => !solution.Contains($"\"{project.Path}\"", StringComparison.Ordinal)).Select(project => project.Path));
    }

    [Fact]
    public void EveryEventOfKeyHealthService_HasAWrittenName()
    {
        var names = Repository.Read("KeyHealthService/EventNames.cs");
        var events = Repository.Files(".cs").Where(file => file.Project == "KeyHealthService").SelectMany(file => PoolEvent().Matches(file.Text)).Select(match => match.Groups[1].Value).ToList();

        Assert.True(events.Count >= 12, $"Only {events.Count} events were found: the pattern no longer fits the sources.");
        Assert.DoesNotContain(events, name => !names.Contains($"[typeof({name})]", StringComparison.Ordinal));
    }

    [Fact]
    public void NamesOfEvents_AreVersionedAndUnique()
    {
        var names = Repository.Files(".cs").Where(file => file.Path.EndsWith("/EventNames.cs", StringComparison.Ordinal)).SelectMany(file => Quoted().Matches(file.Text)).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Matches(@"^gb\.[a-z.-]+\.v\d+$", name));
        Assert.Equal(names.Count, names.Distinct().Count());
    }

    [Fact]
    public void EveryMessageOnTheBus_HasAWrittenName()
    {
        var names = Repository.Read("ServiceDefaults/Messaging/WireNames.cs");
        var consumed = Repository.Files(".cs").Where(file => Repository.Services.Contains(file.Project)).SelectMany(file => Consumed().Matches(file.Text)).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(consumed);
        Assert.DoesNotContain(consumed, name => !names.Contains($"record {name};", StringComparison.Ordinal));
    }

    [Fact]
    public void EveryStrategy_IsRegistered()
    {
        var registered = string.Join('\n', Repository.Files(".cs").Where(file => file.Path.StartsWith("ProxyService/KeyPool/Balancing/", StringComparison.Ordinal)).Select(file => file.Text));
        var strategies = Repository.Files(".cs").Where(file => file.Project == "ProxyService").SelectMany(file => Strategy().Matches(file.Text)).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(strategies);
        Assert.DoesNotContain(strategies, name => !registered.Contains($"AddStrategy<{name}>", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\brecord ([A-Z]\w*)\([^;]*?\) : IPoolEvent;", RegexOptions.Singleline)]
    private static partial Regex PoolEvent();

    [GeneratedRegex("\"([^\"]+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?:IConsumer<|IConsumer<Batch<|ConsumeContext<Batch<|ConsumeContext<)([A-Z]\w+)>")]
    private static partial Regex Consumed();

    [GeneratedRegex(@"\bsealed class (\w+Strategy)\b")]
    private static partial Regex Strategy();
}
