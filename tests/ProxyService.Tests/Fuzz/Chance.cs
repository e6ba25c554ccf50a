using System.Text;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>Decisions of a generator: equal seeds make equal requests.</summary>
internal sealed class Chance(int seed)
{
    private static readonly string[] Texts =
    [
        "", " ", "\n", "hello", "Grüße, 世界 🌍", "null", "{\"a\":1}", "<script>", "a\u0000b", "\u202Eright", "\\u0041", "\"", "￿", "data:image/png;base64,AA==", "../../etc", "%2e%2e", "[words:3]", "thought_signature",
    ];

    private readonly Random random = new(seed);

    /// <summary>True so often.</summary>
    public bool Of(double share) => random.NextDouble() < share;

    /// <summary>A number from 0, below the bound.</summary>
    public int Below(int bound) => random.Next(bound);

    /// <summary>One of several.</summary>
    public T One<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    /// <summary>A number between two, not always a round one.</summary>
    public double Between(double low, double high) => Of(0.3) ? Math.Round(low + ((high - low) * random.NextDouble())) : low + ((high - low) * random.NextDouble());

    /// <summary>Some text, not empty.</summary>
    public string Words()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 1 + Below(8); i++)
        {
            text.Append(Of(0.2) ? One<string>(Texts) : One("lorem", "ipsum", "dolor", "sit", "amet")).Append(' ');
        }

        return text.ToString();
    }

    /// <summary>Text nobody expects.</summary>
    public string Odd() => Of(0.05) ? new string((char)('a' + Below(26)), 1 << Below(17)) : One<string>(Texts);

    /// <summary>A name a program would give.</summary>
    public string Name() => One("get_weather", "search", "1st-tool", "名前", "a.b:c-d", "x" + Below(50), new string('n', 1 + Below(70)), "tool name!");

    /// <summary>Some bytes in base64.</summary>
    public string Base64(int most)
    {
        var bytes = new byte[1 + Below(most)];
        random.NextBytes(bytes);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>Some bytes.</summary>
    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
