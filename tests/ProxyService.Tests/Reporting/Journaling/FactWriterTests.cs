using System.Text;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Reporting.Journaling;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting.Journaling;

public sealed class FactWriterTests
{
    private const int Facts = 3_000;
    private static readonly string?[] Texts = [null, "", "gemini-2.5-flash", "models/ä", "a\"b\\c", "<&'+`>", "\u0001\n\u007f", "日本語", "😀", "half a pair: \ud83d", "\ude00 the other half", "tab\there", new string('é', 128), "~!#$%()*,-./:;=?@[]^_{|}"];
    private static readonly double[] Numbers = [0, -0.0, 1, 200, 0.5, 0.0001, 0.00001, 0.00005, 3.123, 2.9871, 12345.6789, 0.1 + 0.2, 1e15, 1e21, 123456789012.3456, -3.25, -0.001, double.MaxValue, double.Epsilon, 99999999999.9999];

    [Fact]
    public void EveryFact_IsWrittenAsTheSerializerWritesIt()
    {
        Random random = new(6);
        using PooledBuffer buffer = new(16);
        for (var i = 0; i < Facts; i++)
        {
            var fact = Any(random);
            buffer.Clear();
            FactWriter.Write(fact, buffer);

            Assert.Equal(JsonSerializer.Serialize(fact, ContractsJson.Default.RequestFact), Encoding.UTF8.GetString(buffer.WrittenSpan));
        }
    }

    /// <summary>A property that is new is not forgotten: the facts above must have values for all of them.</summary>
    [Fact]
    public void TheFactsTried_HoldEveryProperty()
    {
        Random random = new(6);
        var json = string.Concat(Enumerable.Range(0, 200).Select(_ => JsonSerializer.Serialize(Any(random), ContractsJson.Default.RequestFact)));

        Assert.All(
            (Type[])[typeof(RequestFact), typeof(AttemptFact), typeof(KeyChoice), typeof(ChoiceFinalist), typeof(TokenUsage)],
            type => Assert.All(type.GetProperties(), property => Assert.Contains($"\"{JsonNamingPolicy.CamelCase.ConvertName(property.Name)}\":", json, StringComparison.Ordinal)));
    }

    [Fact]
    public void EveryNumber_IsWrittenAsTheSerializerWritesIt()
    {
        Random random = new(7);
        double[] all = [.. Numbers, .. Enumerable.Range(0, 20_000).Select(_ => Math.Round(random.NextDouble() * Math.Pow(10, random.Next(0, 12)), random.Next(0, 8))), .. Enumerable.Range(0, 5_000).Select(_ => random.NextDouble() * Math.Pow(10, random.Next(-12, 18)))];
        var room = new byte[JsonPen.MostOfValue];
        foreach (var number in all)
        {
            JsonPen pen = new(room);
            pen.Number(number);

            Assert.Equal(JsonSerializer.Serialize(number), Encoding.ASCII.GetString(room, 0, pen.Length));
        }
    }

    private static RequestFact Any(Random random) => new(
        NewId(random),
        DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(1_000_000_000) * Pick(random, 1L, 10, 10_000, TimeSpan.TicksPerSecond)),
        Pick(random, Enum.GetValues<RequestOperation>()),
        Pick(random, Enum.GetValues<RequestOutcome>()),
        random.Next(100, 600),
        Pick(random, Texts),
        Pick(random, Texts),
        Pick(random, Texts),
        MaybeId(random),
        MaybeId(random),
        [.. Enumerable.Range(0, random.Next(4)).Select(_ => new AttemptFact(NewId(random), Pick(random, Enum.GetValues<UpstreamOutcomeClass>()), random.Next(2) == 0 ? null : random.Next(600), Pick(random, Numbers), Maybe(random), Pick(random, Texts)))],
        random.Next(3) == 0 ? null : new KeyChoice(
            Pick(random, Texts) ?? "adaptive",
            random.Next(),
            random.Next(),
            random.Next(2) == 0 ? null : Enumerable.Range(0, random.Next(4)).ToDictionary(i => $"{Pick(random, Texts)}{i}", _ => random.Next(), StringComparer.Ordinal),
            random.Next(3) == 0 ? null : [.. Enumerable.Range(0, random.Next(3)).Select(_ => new ChoiceFinalist(NewId(random), Pick(random, Numbers), Maybe(random), Maybe(random), Maybe(random), random.Next(2) == 0 ? null : random.Next()))]),
        random.Next(2) == 0,
        random.Next(3) == 0 ? null : new TokenUsage(random.Next(), random.NextInt64(), 0, random.Next(), 3, long.MaxValue, random.Next(2) * random.Next(), random.Next(2) * random.Next()),
        Maybe(random),
        Pick(random, Numbers),
        random.Next(2) == 0 ? null : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        random.Next(2) == 0,
        Maybe(random),
        random.Next(2) == 0,
        Pick(random, Texts));

    private static double? Maybe(Random random) => random.Next(3) == 0 ? null : Pick(random, Numbers);

    private static Guid? MaybeId(Random random) => random.Next(3) == 0 ? null : NewId(random);

    private static Guid NewId(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
