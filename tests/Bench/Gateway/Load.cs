using System.Diagnostics;
using System.Net.Http.Headers;

namespace GeminiBalance.Bench.Gateway;

/// <summary>What a load brought.</summary>
/// <param name="Answers">Whole answers.</param>
/// <param name="Wrong">Everything else.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="CpuMicroseconds">CPU the observed process spent on each answer.</param>
/// <param name="Milliseconds">How long each answer took, in order of size.</param>
internal sealed record LoadResult(int Answers, int Wrong, double Seconds, double CpuMicroseconds, double[] Milliseconds)
{
    /// <summary>Answers in a second.</summary>
    public double Rate => Answers / Seconds;

    /// <summary>Half of the answers took at most this.</summary>
    public double Median => Milliseconds.Length == 0 ? 0 : Milliseconds[Milliseconds.Length / 2];
}

/// <summary>Where requests go and how a whole answer looks.</summary>
/// <param name="Address">Their address.</param>
/// <param name="Body">Their body.</param>
/// <param name="Pid">The process that is observed.</param>
/// <param name="End">What a whole answer ends with.</param>
/// <param name="AccessKeys">Who asks; empty for nobody.</param>
/// <param name="IsMixed">Whether the access key changes with every request of a connection, as behind an ingress; else each client keeps its own, as programs do.</param>
internal sealed record LoadTarget(Uri Address, byte[] Body, int Pid, byte[] End, IReadOnlyList<string> AccessKeys, bool IsMixed = false);

/// <summary>Clients that ask again and again, or at a steady pace.</summary>
internal static class Load
{
    private static readonly HttpMessageInvoker Shared = Client();
    private static readonly List<HttpMessageInvoker> Own = [];

    /// <summary>So many clients, each with a connection of its own and asking again as soon as it is answered.</summary>
    public static Task<LoadResult> ClosedAsync(LoadTarget target, int clients, TimeSpan length)
    {
        while (Own.Count < clients)
        {
            Own.Add(Client());
        }

        var started = Stopwatch.GetTimestamp();
        return MeasuredAsync(target, tally => Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(async () =>
        {
            for (var asked = i; Stopwatch.GetElapsedTime(started) < length; asked += target.IsMixed ? clients : 0)
            {
                await AskAsync(Own[i], target, asked, tally).ConfigureAwait(false);
            }
        }))));
    }

    /// <summary>So many requests a second, whether or not earlier ones are answered.</summary>
    public static Task<LoadResult> SteadyAsync(LoadTarget target, int perSecond, TimeSpan length) => MeasuredAsync(target, async tally =>
    {
        var started = Stopwatch.GetTimestamp();
        var sent = new List<Task>();
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (Stopwatch.GetElapsedTime(started) is var passed && passed < length)
        {
            while (sent.Count < passed.TotalSeconds * perSecond)
            {
                sent.Add(AskAsync(Shared, target, sent.Count, tally));
            }

            await ticks.WaitForNextTickAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(sent).ConfigureAwait(false);
    });

    /// <summary>So many requests at the same time, once.</summary>
    public static Task<LoadResult> AtOnceAsync(LoadTarget target, int clients) =>
        MeasuredAsync(target, tally => Task.WhenAll(Enumerable.Range(0, clients).Select(i => AskAsync(Shared, target, i, tally))));

    private static HttpMessageInvoker Client() => new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null });

    private static async Task<LoadResult> MeasuredAsync(LoadTarget target, Func<Tally, Task> run)
    {
        using var process = Process.GetProcessById(target.Pid);
        var cpu = process.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        Tally tally = new();
        await run(tally).ConfigureAwait(false);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        process.Refresh();
        var spent = process.TotalProcessorTime - cpu;
        double[] times = [.. tally.Milliseconds];
        Array.Sort(times);
        return new LoadResult(times.Length, tally.Wrong, seconds, spent.TotalMicroseconds / Math.Max(1, times.Length), times);
    }

    private static async Task AskAsync(HttpMessageInvoker client, LoadTarget target, int number, Tally tally)
    {
        var started = Stopwatch.GetTimestamp();
        var whole = false;
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, target.Address) { Content = new ByteArrayContent(target.Body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (target.AccessKeys.Count > 0)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", target.AccessKeys[number % target.AccessKeys.Count]);
            }

            using var response = await client.SendAsync(request, CancellationToken.None).ConfigureAwait(false);
            whole = response.IsSuccessStatusCode && await EndsAsync(response, target.End).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            // Not whole.
        }

        tally.Add(whole, Stopwatch.GetElapsedTime(started));
    }

    /// <summary>Reads the answer, remembering only its last bytes.</summary>
    private static async Task<bool> EndsAsync(HttpResponseMessage response, byte[] end)
    {
        await using var body = await response.Content.ReadAsStreamAsync().ConfigureAwait(false);
        var buffer = new byte[8192];
        var last = Array.Empty<byte>();
        for (int read; (read = await body.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
        {
            last = read >= end.Length ? buffer[(read - end.Length)..read] : [.. last.TakeLast(end.Length - read), .. buffer[..read]];
        }

        return last.AsSpan().SequenceEqual(end);
    }

    private sealed class Tally
    {
        private readonly Lock gate = new();

        public List<double> Milliseconds { get; } = [];

        public int Wrong { get; private set; }

        public void Add(bool whole, TimeSpan took)
        {
            lock (gate)
            {
                if (whole)
                {
                    Milliseconds.Add(took.TotalMilliseconds);
                }
                else
                {
                    Wrong++;
                }
            }
        }
    }
}
