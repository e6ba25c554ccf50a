using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>
/// Counts tokens by a simple rule, so that a test can say beforehand what a text costs: one token per started run of four
/// letters or digits, per other visible character, and per character outside ASCII; white space is free. Media cost 258 each.
/// </summary>
public static class Tokenizer
{
    /// <summary>What one image, audio, video or document part costs.</summary>
    public const int MediaTokens = 258;

    /// <summary>Tokens of a text.</summary>
    /// <param name="text">The text.</param>
    public static int Count(ReadOnlySpan<char> text)
    {
        var tokens = 0;
        var run = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                tokens += run++ % 4 == 0 ? 1 : 0;
                continue;
            }

            run = 0;
            tokens += char.IsWhiteSpace(c) ? 0 : 1;
        }

        return tokens;
    }

    /// <summary>Tokens of a whole request: every text, medium, call, result and declaration in it.</summary>
    /// <param name="request">A generate request.</param>
    public static TokenCount CountPrompt(JsonObject request)
    {
        var count = default(TokenCount);
        foreach (var content in request["contents"] as JsonArray ?? [])
        {
            count += CountParts(content!["parts"] as JsonArray);
        }

        count += CountParts(request["systemInstruction"]?["parts"] as JsonArray);
        return request["tools"] is { } tools ? count with { Text = count.Text + Count(tools.ToJsonString()) } : count;
    }

    /// <summary>Tokens of parts.</summary>
    /// <param name="parts">The parts; null for none.</param>
    public static TokenCount CountParts(JsonArray? parts)
    {
        var count = default(TokenCount);
        foreach (var part in parts ?? [])
        {
            count = part!["text"] is { } text ? count with { Text = count.Text + Count(text.GetValue<string>()) }
                : (part["inlineData"] ?? part["fileData"]) is { } medium ? count.WithMedium(medium["mimeType"]?.GetValue<string>() ?? "")
                : count with { Text = count.Text + Count(part.ToJsonString()) };
        }

        return count;
    }

    /// <summary>The start of a text that costs at most so many tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">The most tokens.</param>
    public static string Cut(string text, int most)
    {
        var low = 0;
        var high = text.Length;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = Count(text.AsSpan(0, middle)) <= most ? (middle, high) : (low, middle - 1);
        }

        return low > 0 && char.IsHighSurrogate(text[low - 1]) ? text[..(low - 1)] : text[..low];
    }
}

/// <summary>Tokens by modality.</summary>
/// <param name="Text">Of text.</param>
/// <param name="Image">Of images.</param>
/// <param name="Audio">Of sound.</param>
/// <param name="Video">Of films.</param>
/// <param name="Document">Of documents.</param>
public readonly record struct TokenCount(int Text, int Image = 0, int Audio = 0, int Video = 0, int Document = 0)
{
    /// <summary>All of them.</summary>
    public int Total => Text + Image + Audio + Video + Document;

    /// <summary>The sum, modality by modality.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">Another.</param>
    public static TokenCount operator +(TokenCount a, TokenCount b) => new(a.Text + b.Text, a.Image + b.Image, a.Audio + b.Audio, a.Video + b.Video, a.Document + b.Document);

    /// <summary>With one more medium of a type.</summary>
    /// <param name="mimeType">Its type.</param>
    public TokenCount WithMedium(string mimeType) => mimeType.Split('/')[0] switch
    {
        "image" => this with { Image = Image + Tokenizer.MediaTokens },
        "audio" => this with { Audio = Audio + Tokenizer.MediaTokens },
        "video" => this with { Video = Video + Tokenizer.MediaTokens },
        _ => this with { Document = Document + Tokenizer.MediaTokens },
    };

    /// <summary>As <c>…TokensDetails</c>: modalities without tokens are left out.</summary>
    public JsonArray ToDetails()
    {
        var details = new JsonArray();
        Add(details, "TEXT", Text);
        Add(details, "IMAGE", Image);
        Add(details, "AUDIO", Audio);
        Add(details, "VIDEO", Video);
        Add(details, "DOCUMENT", Document);
        return details;
    }

    private static void Add(JsonArray details, string modality, int tokens)
    {
        if (tokens > 0)
        {
            details.Add(new JsonObject { ["modality"] = modality, ["tokenCount"] = tokens });
        }
    }
}
