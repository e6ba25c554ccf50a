using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>Where a searched answer has its sentences from. Offsets are UTF-8 bytes, as Google's are.</summary>
public static class Grounding
{
    private static readonly string[] Sites = ["weather.example", "encyclopedia.example"];

    /// <summary>The metadata for a text: every sentence is supported by one of two pages.</summary>
    /// <param name="text">The text.</param>
    /// <param name="asked">What was searched for.</param>
    /// <param name="digest">Makes the addresses and scores.</param>
    public static JsonObject For(string text, string asked, byte[] digest)
    {
        var supports = new JsonArray();
        var offset = 0;
        foreach (var sentence in text.Split('\n'))
        {
            var end = offset + Encoding.UTF8.GetByteCount(sentence);
            if (sentence.Length > 0)
            {
                var segment = new JsonObject();
                if (offset > 0)
                {
                    segment["startIndex"] = offset;
                }

                segment["endIndex"] = end;
                segment["text"] = sentence;
                supports.Add(new JsonObject
                {
                    ["segment"] = segment,
                    ["groundingChunkIndices"] = new JsonArray(supports.Count % Sites.Length),
                    ["confidenceScores"] = new JsonArray(Math.Round(0.5 + (digest[supports.Count % digest.Length] / 512.0), 6)),
                });
            }

            offset = end + 1;
        }

        var query = asked.Length > 60 ? asked[..60] : asked;
        return new JsonObject
        {
            ["searchEntryPoint"] = new JsonObject { ["renderedContent"] = $"<div class=\"container\"><a class=\"chip\" href=\"https://www.google.com/search\">{WebUtility.HtmlEncode(query)}</a></div>" },
            ["groundingChunks"] = new JsonArray([.. Sites.Select((site, i) => (JsonNode)new JsonObject
            {
                ["web"] = new JsonObject { ["uri"] = $"https://vertexaisearch.cloud.google.com/grounding-api-redirect/{Convert.ToHexStringLower(digest, i * 8, 8)}", ["title"] = site },
            })]),
            ["groundingSupports"] = supports,
            ["retrievalMetadata"] = new JsonObject(),
            ["webSearchQueries"] = new JsonArray(query),
        };
    }
}
