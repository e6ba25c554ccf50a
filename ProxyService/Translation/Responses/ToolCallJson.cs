using System.Security.Cryptography;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>Writes calls of functions in OpenAI's form. Arguments keep their numbers and texts to the letter.</summary>
internal static class ToolCallJson
{
    private const int RandomLength = 24;
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Appends a call: in a stream with its index, else without.</summary>
    /// <param name="target">Gets the JSON.</param>
    /// <param name="part">The call.</param>
    /// <param name="json">The bytes it was read from.</param>
    /// <param name="shape">How the answer must look.</param>
    /// <param name="used">Ids of this answer; gets this call's.</param>
    /// <param name="index">Number of the call within its choice; null when it has no index.</param>
    /// <returns>The call's id, and its signature if it has one.</returns>
    public static SignedCall Append(PooledBuffer target, GeminiPart part, ReadOnlySpan<byte> json, AnswerShape shape, ISet<string> used, int? index)
    {
        var id = IdOf(part, json, used);
        target.Append("{"u8);
        if (index is { } number)
        {
            target.Append("\"index\":"u8);
            target.AppendNumber(number);
            target.Append(","u8);
        }

        target.Append("\"id\":"u8);
        target.Append(JsonText.Quote(id));
        target.Append(",\"type\":\"function\",\"function\":"u8);
        AppendFunction(target, part, json, shape);
        if (part.Signature.IsNone)
        {
            target.Append("}"u8);
            return new SignedCall(id, null);
        }

        AppendExtra(target, part.Signature.In(json), default);
        target.Append("}"u8);
        return new SignedCall(id, JsonText.Text(part.Signature.InnerIn(json)));
    }

    /// <summary>Appends <c>{"name":…,"arguments":…}</c>.</summary>
    public static void AppendFunction(PooledBuffer target, GeminiPart part, ReadOnlySpan<byte> json, AnswerShape shape)
    {
        var name = part.Name.In(json);
        target.Append("{\"name\":"u8);
        if (name.Length > 2 && name[1] == '_' && JsonText.Text(part.Name.InnerIn(json)) is { } renamed)
        {
            target.Append(JsonText.Quote(FunctionNames.ForClient(renamed, shape.Request.Tools.Functions)));
        }
        else
        {
            target.Append(name);
        }

        target.Append(",\"arguments\":\""u8);
        if (part.Value.IsNone)
        {
            target.Append("{}"u8);
        }
        else
        {
            target.AppendQuoted(part.Value.In(json));
        }

        target.Append("\"}"u8);
    }

    /// <summary>Appends <c>,"extra_content":{"google":{"thought_signature":…,"tool_parts":[…]}}</c> with what there is. Google's own compatible API puts signatures there.</summary>
    /// <param name="target">Gets the JSON.</param>
    /// <param name="rawSignature">The signature as a raw JSON string; empty for none.</param>
    /// <param name="serverTools">What Google's own tools did: JSON objects, separated by commas; empty for nothing.</param>
    public static void AppendExtra(PooledBuffer target, ReadOnlySpan<byte> rawSignature, ReadOnlySpan<byte> serverTools)
    {
        if (rawSignature.IsEmpty && serverTools.IsEmpty)
        {
            return;
        }

        target.Append(",\"extra_content\":{\"google\":{"u8);
        if (!rawSignature.IsEmpty)
        {
            target.Append("\"thought_signature\":"u8);
            target.Append(rawSignature);
        }

        if (!serverTools.IsEmpty)
        {
            target.Append(rawSignature.IsEmpty ? "\"tool_parts\":["u8 : ",\"tool_parts\":["u8);
            target.Append(serverTools);
            target.Append("]"u8);
        }

        target.Append("}}"u8);
    }

    private static string IdOf(GeminiPart part, ReadOnlySpan<byte> json, ISet<string> used)
    {
        if (part.Id is { IsNone: false, IsEmptyString: false } && JsonText.Text(part.Id.InnerIn(json)) is { } given && used.Add(given))
        {
            return given;
        }

        var id = "call_" + RandomNumberGenerator.GetString(Base62, RandomLength);
        used.Add(id);
        return id;
    }
}
