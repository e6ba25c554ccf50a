using GeminiBalance.Bench;
using GeminiBalance.Bench.Gateway;

// Every bench by its name; a new one is a line here. Figures worth keeping stand in RESULTS.md, with the command that made them.
Dictionary<string, Func<Task>> benches = new(StringComparer.Ordinal)
{
    ["translation"] = TranslationBench.RunAsync,
    ["pool"] = PoolBench.RunAsync,
    ["journal"] = JournalBench.RunAsync,
    ["ingest"] = IngestBench.RunAsync,
    ["backlog"] = BacklogBench.RunAsync,
    ["overview"] = OverviewBench.RunAsync,
    ["gateway"] = () => GatewayBench.RunAsync(args[1..]),
};

switch (args)
{
    // Parts that benches start as processes of their own.
    case ["upstream", var address]:
        await UpstreamServer.RunAsync(address);
        return 0;
    case ["yarp", var address, var upstream]:
        await YarpServer.RunAsync(address, upstream);
        return 0;
}

if (args is not [var name, ..] || !benches.TryGetValue(name, out var bench))
{
    Console.Error.WriteLine($"Usage: dotnet run --project tests/Bench -c Release -- NAME, with NAME one of: {string.Join(", ", benches.Keys)}");
    return 2;
}

await bench();
return 0;
