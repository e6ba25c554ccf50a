using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Servers;

/// <summary>The service as a process of its own, which can be killed and measured.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const int MostTries = 5;

    private readonly Process process;

    private ServiceProcess(Process process, HttpClient http) => (this.process, Http) = (process, http);

    public HttpClient Http { get; }

    /// <summary>The most memory the process has had at once, in bytes.</summary>
    public long MostMemory => process.PeakWorkingSet64;

    public void Refresh() => process.Refresh();

    /// <summary>Starts one, and returns when it answers. A port that somebody else took meanwhile is no failure: the next one is tried.</summary>
    public static async Task<ServiceProcess> StartAsync(Dictionary<string, string?> settings)
    {
        for (var tries = 1; ; tries++)
        {
            var said = new ConcurrentQueue<string>();
            var address = $"http://127.0.0.1:{FreePort.Take()}";
            var process = Launch(settings, address, said);
            var http = new HttpClient { BaseAddress = new Uri(address) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", RunningService.Token);
            try
            {
                await Eventually.TrueAsync(async () => process.HasExited || await AnswersAsync(http), TimeSpan.FromSeconds(60), "the service answers");
                if (!process.HasExited)
                {
                    return new ServiceProcess(process, http);
                }

                // What it printed last may still be on its way.
                await process.WaitForExitAsync();
                var output = string.Join('\n', said);
                Assert.True(tries < MostTries && output.Contains("address already in use", StringComparison.OrdinalIgnoreCase), $"The service ended by itself.\n{output}");
            }
            catch (TimeoutException e)
            {
                process.Kill();
                throw new TimeoutException($"{e.Message}\n{string.Join('\n', said)}", e);
            }

            http.Dispose();
            process.Dispose();
        }
    }

    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        Http.Dispose();
        if (!process.HasExited)
        {
            Kill();
        }

        process.Dispose();
    }

    private static Process Launch(Dictionary<string, string?> settings, string address, ConcurrentQueue<string> said)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "GeminiBalance.KeyHealthService.dll"));
        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["URLS"] = address;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<bool> AnswersAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync(new Uri("/keys/summary", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
