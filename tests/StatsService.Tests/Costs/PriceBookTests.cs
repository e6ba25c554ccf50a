using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Costs;
using GeminiBalance.StatsService.Tests.Servers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Costs;

public sealed class PriceBookTests(ServersFixture servers)
{
    [Fact]
    public async Task All_WhileAPriceIsSpoilt_SaysSoOnceAndAgainWhenThatChanges()
    {
        await using var service = await InProcess.StartAsync(servers);
        var log = new LineLog();
        var book = new PriceBook(service.Source, service.Get<AuditStore>(), TimeProvider.System, log);
        await book.SetAsync("gemini-x", [new PricePeriod(null, null, new PriceRates(1, 2))], "ada", default);
        await service.ExecuteAsync("update stats.model_prices set periods = '[]'");

        for (var question = 0; question < 3; question++)
        {
            Assert.Equal("must have at least one period.", (await book.AllAsync(default)).Single(price => price.Model == "gemini-x").Fault);
        }

        Assert.Contains("gemini-x", Assert.Single(log.Lines), StringComparison.Ordinal);
        await service.ExecuteAsync("update stats.model_prices set periods = '{}'");
        await book.AllAsync(default);
        await book.AllAsync(default);
        Assert.Equal(2, log.Lines.Count);
        await book.ResetAsync("gemini-x", "ada", default);
        await book.AllAsync(default);
        Assert.Equal(2, log.Lines.Count);
        await service.ExecuteAsync("insert into stats.model_prices (model, periods, set_by, set_at) values ('gemini-x', '{}', 'ada', now())");
        await book.AllAsync(default);
        Assert.Equal(3, log.Lines.Count);
    }

    [Fact]
    public async Task PricesThatAreSetAndReset_StandInTheAuditLog_WithWhatTheyWereBefore()
    {
        await using var service = await InProcess.StartAsync(servers);
        var book = service.Get<PriceBook>();
        await book.SetAsync("gemini-y", [new PricePeriod(null, null, new PriceRates(1, 2))], "ada", default);
        await book.SetAsync("gemini-y", [new PricePeriod(null, null, new PriceRates(0, 0))], "bob", default);
        Assert.True(await book.ResetAsync("gemini-y", "eve", default));
        Assert.False(await book.ResetAsync("gemini-y", "eve", default));

        var entries = (await service.Get<AuditQuery>().PageAsync(new AuditScope(AuditArea.Models, null, null, null, null, null, null), 10, default)).Entries.Select(entry => entry.Change).ToArray();

        Assert.Equal([("eve", "gb.price.reset.v1"), ("bob", "gb.price.set.v1"), ("ada", "gb.price.set.v1")], entries.Select(change => (change.Actor, change.Kind)));
        Assert.All(entries, change => Assert.Equal("gemini-y", change.Subject));
        Assert.Null(entries[2].Before);
        Assert.Contains("\"input\":1", entries[1].Before!["periods"], StringComparison.Ordinal);
        Assert.Contains("\"input\":0", entries[1].After!["periods"], StringComparison.Ordinal);
        Assert.Equal(entries[1].After!["periods"], entries[0].Before!["periods"]);
        Assert.Null(entries[0].After);
    }

    private sealed class LineLog : ILogger<PriceBook>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception));
    }
}
