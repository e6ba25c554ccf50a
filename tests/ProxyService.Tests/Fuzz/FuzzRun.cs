using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>Asks a gateway many things at once and collects what went wrong. A fault names the seed of its request; <c>FUZZ_SEED</c> begins elsewhere.</summary>
internal static class FuzzRun
{
    private const int UsualParallel = 8;
    private const int MostFaults = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Asks, and fails the test if anything was wrong.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="count">How many requests.</param>
    /// <param name="standardSeed">The first seed.</param>
    /// <param name="request">Makes the request of a seed.</param>
    /// <param name="judge">Says what is wrong with an answer; null for nothing.</param>
    /// <param name="parallel">How many at once.</param>
    /// <returns>How many requests were answered with success.</returns>
    public static async Task<int> AskAsync(GatewayHost gateway, int count, int standardSeed, Func<int, FuzzRequest> request, Func<FuzzRequest, HttpResponseMessage, byte[], string?> judge, int parallel = UsualParallel)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), CultureInfo.InvariantCulture, out var wanted) ? wanted : standardSeed;
        TestContext.Current.TestOutputHelper?.WriteLine("Seeds {0} to {1}", seed, seed + count - 1);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = parallel * 2 }) { BaseAddress = gateway.Address, Timeout = Patience };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.AccessKey);
        var faults = new ConcurrentQueue<string>();
        var good = 0;
        await System.Threading.Tasks.Parallel.ForEachAsync(Enumerable.Range(seed, count), new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = TestContext.Current.CancellationToken }, async (number, cancellation) =>
        {
            if (faults.Count >= MostFaults)
            {
                return;
            }

            var one = request(number);
            try
            {
                using var content = new ByteArrayContent(one.Body);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                content.Headers.TryAddWithoutValidation("x-fuzz", number.ToString(CultureInfo.InvariantCulture));
                using var response = await client.PostAsync(one.Path, content, cancellation);
                var answer = await response.Content.ReadAsByteArrayAsync(cancellation);
                Interlocked.Add(ref good, response.IsSuccessStatusCode ? 1 : 0);
                if (judge(one, response, answer) is { } fault)
                {
                    faults.Enqueue(one.Describe(number, fault));
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or InvalidOperationException)
            {
                faults.Enqueue(one.Describe(number, e.Message));
            }
        });

        Assert.True(faults.IsEmpty, string.Join("\n\n", faults.Take(3)));
        Assert.Equal(count, gateway.Ledger.Facts.Count);
        return good;
    }
}

/// <summary>A request of a fuzz test.</summary>
/// <param name="Path">Where it goes.</param>
/// <param name="Body">What it says.</param>
internal sealed record FuzzRequest(string Path, byte[] Body)
{
    /// <summary>What the upstream answers it, when the test decides that.</summary>
    public byte[] Upstream { get; init; } = [];

    /// <summary>A fault, with what made it.</summary>
    public string Describe(int number, string what) =>
        $"Seed {number}, POST {Path}: {Short(what, 600)}\n{Short(Encoding.UTF8.GetString(Body), 2_000)}{(Upstream.Length == 0 ? "" : "\nupstream: " + Short(Encoding.UTF8.GetString(Upstream), 4_000))}";

    private static string Short(string text, int length) => text[..Math.Min(length, text.Length)];
}
