using System.Diagnostics;
using System.Globalization;
using System.Text;
using GeminiBalance.TestKit;

namespace GeminiBalance.Bench.Gateway;

/// <summary>
/// The whole gateway, everything switched on, against YARP that passes Gemini's bodies through: turn by turn in one run, so that a neighbour's noise
/// falls on both. CPU is that of the gateway's and of YARP's own process.
/// </summary>
internal static class GatewayBench
{
    private const int Rounds = 5;
    private const int Clients = 64;
    private const int OpenStreams = 2000;
    private const int WholePace = 2000;
    private const long MostCompiled = 100;
    private static readonly TimeSpan WholeLength = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromMinutes(5);
    private static readonly string Long = string.Join(' ', Enumerable.Repeat("gateway", 13_000));
    private static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();
    private static readonly byte[] Closed = "}"u8.ToArray();
    private static readonly byte[] Event = "}\r\n\r\n"u8.ToArray();

    /// <summary>Runs it.</summary>
    /// <param name="parts">Which parts; all when empty.</param>
    public static async Task RunAsync(string[] parts)
    {
        using var upstream = await BenchProcess.StartAsync("upstream").ConfigureAwait(false);
        using var yarp = await BenchProcess.StartAsync("yarp", upstream.Address.ToString()).ConfigureAwait(false);
        await using var system = await GatewaySystem.StartAsync(upstream.Address).ConfigureAwait(false);
        await system.FillAsync(10, 10).ConfigureAwait(false);
        var pid = system.Pid("proxy");

        LoadTarget Gateway(string text, bool stream, string model = UpstreamServer.Model) =>
            new(new Uri(system.Address, "/v1/chat/completions"), OpenAiBody(text, stream, model), pid, stream ? Done : Closed, system.AccessKeys);
        LoadTarget Passed(string text, bool stream, string model = UpstreamServer.Model) =>
            new(new Uri(yarp.Address, Path(stream, model)), GeminiBody(text), yarp.Pid, stream ? Event : Closed, []);
        LoadTarget direct = new(new Uri(upstream.Address, Path(false, UpstreamServer.Model)), GeminiBody(Short), upstream.Pid, Closed, []);
        Dictionary<string, Func<Task>> all = new(StringComparer.Ordinal)
        {
            ["unary"] = () => ComparedAsync("unary", system, Gateway(Short, false), Passed(Short, false)),
            ["unlimited"] = () => ComparedAsync("unary, access key without limits", system, Gateway(Short, false) with { AccessKeys = [system.UnlimitedKey] }, Passed(Short, false)),
            ["stream"] = () => ComparedAsync("stream of 20 events", system, Gateway(Short, true), Passed(Short, true)),
            ["prompt"] = () => ComparedAsync("unary, prompt of 104 KB", system, Gateway(Long, false), Passed(Long, false)),
            ["pace"] = () => AddedAsync(system, Gateway(Short, false), Passed(Short, false), direct),
            ["open"] = async () =>
            {
                await OpenAsync("gateway", Gateway(Short, true, UpstreamServer.SlowModel)).ConfigureAwait(false);
                await OpenAsync("YARP", Passed(Short, true, UpstreamServer.SlowModel)).ConfigureAwait(false);
            },
            ["whole"] = () => WholeAsync(system, Gateway(Short, false)),
            ["growth"] = () => GrownAsync(system, () => Gateway(Short, false) with { IsMixed = true }, Passed(Short, false)),
        };
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, gateway is process {pid}, {Rounds} rounds, {Clients} clients; median of the rounds (best to worst)\n"));
        if (Array.Find(parts, part => !all.ContainsKey(part)) is { } unknown)
        {
            Console.Error.WriteLine($"'{unknown}' is no part; there are {string.Join(", ", all.Keys)}.");
            return;
        }

        await WarmedUpAsync(system, stream => Gateway(Short, stream), stream => Passed(Short, stream)).ConfigureAwait(false);
        foreach (var part in parts is [] ? [.. all.Keys] : parts)
        {
            await all[part]().ConfigureAwait(false);
        }
    }

    private static string Short => "Say in a few words what a gateway is good for, and why it should be quick. " + string.Join(' ', Enumerable.Repeat("Please.", 60));

    /// <summary>Until the just-in-time compiler has next to nothing left to do in the gateway, or five minutes have passed; YARP, which is quicker, gets half the time and about as many requests.</summary>
    private static async Task WarmedUpAsync(GatewaySystem system, Func<bool, LoadTarget> gateway, Func<bool, LoadTarget> yarp)
    {
        var (started, compiled) = (Stopwatch.GetTimestamp(), await system.CompiledAsync().ConfigureAwait(false));
        while (true)
        {
            foreach (var stream in (bool[])[false, true])
            {
                await Load.ClosedAsync(gateway(stream), Clients, WarmUp).ConfigureAwait(false);
                await Load.ClosedAsync(yarp(stream), Clients, WarmUp / 2).ConfigureAwait(false);
            }

            await system.QuietAsync().ConfigureAwait(false);
            var now = await system.CompiledAsync().ConfigureAwait(false);
            if (now - compiled < MostCompiled || Stopwatch.GetElapsedTime(started) > LongestWarmUp)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"warm after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s: {now} methods compiled, {now - compiled} of them in the last round\n"));
                return;
            }

            compiled = now;
        }
    }

    private static async Task ComparedAsync(string name, GatewaySystem system, LoadTarget gateway, LoadTarget yarp)
    {
        await Load.ClosedAsync(gateway, Clients, Length).ConfigureAwait(false);
        await Load.ClosedAsync(yarp, Clients, Length).ConfigureAwait(false);
        List<LoadResult> ours = [], theirs = [];
        for (var round = 0; round < Rounds; round++)
        {
            await system.QuietAsync().ConfigureAwait(false);
            ours.Add(await Load.ClosedAsync(gateway, Clients, Length).ConfigureAwait(false));
            await system.QuietAsync().ConfigureAwait(false);
            theirs.Add(await Load.ClosedAsync(yarp, Clients, Length).ConfigureAwait(false));
        }

        Console.WriteLine($"| {name}: CPU each | {Row(ours.Select(r => r.CpuMicroseconds))} us | {Row(theirs.Select(r => r.CpuMicroseconds))} us | {Ratio(ours, theirs, r => r.CpuMicroseconds)} |");
        Console.WriteLine($"| {name}: a second | {Row(ours.Select(r => r.Rate))} | {Row(theirs.Select(r => r.Rate))} | {Ratio(ours, theirs, r => r.Rate)} |");
        Complain(ours, theirs);
    }

    private static async Task AddedAsync(GatewaySystem system, LoadTarget gateway, LoadTarget yarp, LoadTarget direct)
    {
        foreach (var pace in (int[])[200, 1000])
        {
            List<LoadResult> ours = [], theirs = [], bare = [];
            for (var round = 0; round < Rounds; round++)
            {
                await system.QuietAsync().ConfigureAwait(false);
                bare.Add(await Load.SteadyAsync(direct, pace, Length).ConfigureAwait(false));
                theirs.Add(await Load.SteadyAsync(yarp, pace, Length).ConfigureAwait(false));
                ours.Add(await Load.SteadyAsync(gateway, pace, Length).ConfigureAwait(false));
            }

            var (added, passed) = (ours.Zip(bare, (a, b) => a.Median - b.Median), theirs.Zip(bare, (a, b) => a.Median - b.Median));
            Console.WriteLine($"| {pace}/s: p50 added | {Row(added)} ms | {Row(passed)} ms | without either: {Row(bare.Select(r => r.Median))} ms |");
            Console.WriteLine($"| {pace}/s: CPU each | {Row(ours.Select(r => r.CpuMicroseconds))} us | {Row(theirs.Select(r => r.CpuMicroseconds))} us | {Ratio(ours, theirs, r => r.CpuMicroseconds)} |");
            Complain(ours, theirs);
        }
    }

    /// <summary>Many streams open at the same time: what each costs in memory while it is open.</summary>
    private static async Task OpenAsync(string name, LoadTarget target)
    {
        using var process = Process.GetProcessById(target.Pid);
        var before = process.WorkingSet64;
        var load = Load.AtOnceAsync(target, OpenStreams);
        var most = before;
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!load.IsCompleted)
        {
            await ticks.WaitForNextTickAsync().ConfigureAwait(false);
            process.Refresh();
            most = Math.Max(most, process.WorkingSet64);
        }

        var result = await load.ConfigureAwait(false);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {OpenStreams} open streams, {name} | {result.Answers} whole, {result.Wrong} not, in {result.Seconds:0.0} s | {(most - before) / 1024.0 / OpenStreams:0.0} KB each | {before >> 20} to {most >> 20} MB |"));
    }

    /// <summary>A steady load that everything behind the gateway keeps up with: from the client's request to the views.</summary>
    private static async Task WholeAsync(GatewaySystem system, LoadTarget gateway)
    {
        await system.QuietAsync().ConfigureAwait(false);
        var before = await system.SeenAsync().ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        var load = Load.SteadyAsync(gateway, WholePace, WholeLength);
        var behind = new List<double>();
        while (!load.IsCompleted)
        {
            var sent = Math.Min(Stopwatch.GetElapsedTime(started).TotalSeconds, WholeLength.TotalSeconds) * WholePace;
            behind.Add((sent - await system.SeenAsync().ConfigureAwait(false) + before) / WholePace);
            await Task.Delay(100).ConfigureAwait(false);
        }

        var result = await load.ConfigureAwait(false);
        await Eventually.TrueAsync(async () => await system.SeenAsync().ConfigureAwait(false) - before >= result.Answers, TimeSpan.FromMinutes(3), "everything in the views").ConfigureAwait(false);
        var whole = Stopwatch.GetElapsedTime(started).TotalSeconds;
        behind.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {WholePace}/s for {WholeLength.TotalSeconds:0} s, to the views | {result.Answers} whole, {result.Wrong} not | {result.Answers / whole:0}/s until all were in the views | answered p50 {result.Median:0.0} ms, p99 {result.Milliseconds[(int)(result.Milliseconds.Length * 0.99)]:0} ms | views behind p50 {behind[behind.Count / 2]:0.00} s, p99 {behind[(int)(behind.Count * 0.99)]:0.00} s |"));
        Complain([result]);
    }

    private static async Task GrownAsync(GatewaySystem system, Func<LoadTarget> gateway, LoadTarget yarp)
    {
        foreach (var count in (int[])[10, 1000, 10_000])
        {
            await system.FillAsync(count, count).ConfigureAwait(false);
            await ComparedAsync($"{count} keys, {count} access keys", system, gateway(), yarp).ConfigureAwait(false);
        }
    }

    private static string Path(bool stream, string model) => $"/v1beta/models/{model}:{(stream ? "streamGenerateContent?alt=sse" : "generateContent")}";

    private static byte[] OpenAiBody(string text, bool stream, string model) => Encoding.UTF8.GetBytes(
        $$"""{"model":"{{model}}","messages":[{"role":"system","content":"You are brief."},{"role":"user","content":"What is a proxy?"},{"role":"assistant","content":"A go-between."},{"role":"user","content":"{{text}}"}],"temperature":0.7,"max_tokens":1024,"stream":{{(stream ? "true" : "false")}}}""");

    private static byte[] GeminiBody(string text) => Encoding.UTF8.GetBytes(
        $$$"""{"systemInstruction":{"parts":[{"text":"You are brief."}]},"contents":[{"role":"user","parts":[{"text":"What is a proxy?"}]},{"role":"model","parts":[{"text":"A go-between."}]},{"role":"user","parts":[{"text":"{{{text}}}"}]}],"generationConfig":{"temperature":0.7,"maxOutputTokens":1024}}""");

    private static string Row(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{Short3(sorted[sorted.Length / 2])} ({Short3(sorted[0])} to {Short3(sorted[^1])})");
    }

    private static string Short3(double figure) => figure.ToString(Math.Abs(figure) >= 10 ? "0" : "0.00", CultureInfo.InvariantCulture);

    private static string Ratio(List<LoadResult> ours, List<LoadResult> theirs, Func<LoadResult, double> figure) =>
        Row(ours.Zip(theirs, (a, b) => figure(a) / figure(b))) + "x";

    private static void Complain(params IEnumerable<LoadResult>[] results)
    {
        if (results.Sum(list => list.Sum(result => result.Wrong)) is > 0 and var wrong)
        {
            Console.WriteLine($"!! {wrong} answers were not whole");
        }
    }
}
