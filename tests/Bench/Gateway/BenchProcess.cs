using System.Diagnostics;
using GeminiBalance.TestKit;

namespace GeminiBalance.Bench.Gateway;

/// <summary>A part of a bench in a process of its own, so that its CPU can be told from the others'. It ends when its standard input does.</summary>
internal sealed class BenchProcess : IDisposable
{
    private readonly Process process;

    private BenchProcess(Process process, Uri address)
    {
        this.process = process;
        Address = address;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Its process.</summary>
    public int Pid => process.Id;

    /// <summary>Starts one and waits until it answers.</summary>
    /// <param name="part">Its name, as <c>Program</c> knows it.</param>
    /// <param name="arguments">What it takes behind its own address.</param>
    public static async Task<BenchProcess> StartAsync(string part, params string[] arguments)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Take()}");
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(BenchProcess).Assembly.Location);
        }

        foreach (var argument in (string[])[part, address.ToString(), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        // As the services run: the server's collector is what the Web SDK gives them.
        start.Environment["DOTNET_gcServer"] = "1";
        var process = Process.Start(start) ?? throw new InvalidOperationException($"Cannot start '{part}'.");
        using HttpClient client = new() { BaseAddress = address };
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using var response = await client.GetAsync("/v1beta/models").ConfigureAwait(false);
                    return response.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(30),
            part).ConfigureAwait(false);
        return new BenchProcess(process, address);
    }

    /// <summary>In the child: until the parent ends or wants its end.</summary>
    public static Task ParentEndsAsync() => Console.In.ReadToEndAsync();

    /// <inheritdoc />
    public void Dispose()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            process.Kill();
        }

        process.Dispose();
    }
}
