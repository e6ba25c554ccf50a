using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;

namespace GeminiBalance.StatsService.Tests.Servers;

/// <summary>A StatsService as it is deployed: a process of its own.</summary>
internal sealed class StatsProcess : IAsyncDisposable
{
    public const string ServiceToken = "stats-tests-service-token-0123456789abcdef";

    private readonly ConcurrentQueue<string> output = new();
    private readonly Process process;

    private StatsProcess(IReadOnlyDictionary<string, string> settings, string? mode, int port)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "GeminiBalance.StatsService.dll"));
        if (mode is not null)
        {
            start.ArgumentList.Add(mode);
        }

        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(20) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ServiceToken);
    }

    /// <summary>A client with the service token.</summary>
    public HttpClient Client { get; }

    public int Id => process.Id;

    /// <summary>What it wrote.</summary>
    public string Output => string.Join('\n', output);

    /// <summary>Starts one, and returns when it can serve.</summary>
    public static async Task<StatsProcess> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var started = new StatsProcess(settings, null, FreePort());
        try
        {
            await Eventually.TrueAsync(started.CanServeAsync, TimeSpan.FromSeconds(40), "StatsService can serve");
            return started;
        }
        catch (TimeoutException e)
        {
            await started.DisposeAsync();
            throw new TimeoutException(e.Message + "\n" + started.Output, e);
        }
    }

    /// <summary>Runs one in a mode that ends by itself.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(IReadOnlyDictionary<string, string> settings, string? mode)
    {
        await using var run = new StatsProcess(settings, mode, FreePort());
        await run.process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(40));
        return (run.process.ExitCode, run.Output);
    }

    /// <summary>SIGKILL: no goodbye to anybody.</summary>
    public void Kill() => process.Kill();

    public async Task<Overview> OverviewAsync() => (await Client.GetFromJsonAsync("/stats/overview", ContractsJson.Default.Overview))!;

    public async Task<ProjectionStatus> StatusAsync() => (await Client.GetFromJsonAsync("/stats/projections", ContractsJson.Default.ProjectionStatus))!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            output.Enqueue(line);
        }
    }

    private async Task<bool> CanServeAsync()
    {
        if (process.HasExited)
        {
            throw new InvalidOperationException($"StatsService ended with {process.ExitCode}.\n{Output}");
        }

        try
        {
            using var response = await Client.GetAsync(new Uri("/health", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
