using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Writes a chat completion request as Gemini's <c>generateContent</c> request. Texts are copied as they stand.</summary>
internal static class GenerateContentWriter
{
    private static ReadOnlySpan<byte> Placeholder => "\" \""u8;

    private static ReadOnlySpan<byte> Continue => "\"Continue.\""u8;

    /// <summary>Writes the request.</summary>
    /// <param name="request">The checked request; gets a warning for everything left out.</param>
    /// <param name="body">The bytes it was read from.</param>
    /// <param name="profile">What the model understands.</param>
    /// <param name="target">Gets the JSON.</param>
    public static void Write(ChatRequest request, ReadOnlySpan<byte> body, ModelProfile profile, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        var plan = SystemPlan.For(request, profile);
        if (plan.AsInstruction)
        {
            WriteSystemInstruction(writer, request, body, plan);
        }

        WriteContents(writer, request, body, profile, plan);
        WriteGenerationConfig(writer, request, body, profile);
        writer.WriteEndObject();
    }

    private static void WriteSystemInstruction(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, SystemPlan plan)
    {
        writer.WriteStartObject("systemInstruction"u8);
        writer.WriteStartArray("parts"u8);
        var messages = CollectionsMarshal.AsSpan(request.Messages);
        for (var i = 0; i < messages.Length; i++)
        {
            if (messages[i].Role == ChatRole.System && i != plan.AsUser)
            {
                WriteParts(writer, request, body, messages[i]);
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteContents(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, ModelProfile profile, SystemPlan plan)
    {
        writer.WriteStartArray("contents"u8);
        var messages = CollectionsMarshal.AsSpan(request.Messages);
        var open = false;
        var last = ChatRole.System;
        var systemTextsWait = !plan.AsInstruction;
        for (var i = 0; i < messages.Length; i++)
        {
            var message = messages[i];
            if (message.Role == ChatRole.System && i != plan.AsUser)
            {
                continue;
            }

            var role = message.Role == ChatRole.Assistant ? ChatRole.Assistant : ChatRole.User;
            if (!open && role == ChatRole.Assistant)
            {
                // A conversation begins with the user.
                BeginContent(writer, "user"u8);
                if (!systemTextsWait || !WriteSystemTexts(writer, request, body, plan))
                {
                    WritePart(writer, Placeholder);
                }

                systemTextsWait = false;
                EndContent(writer);
            }

            if (!open || role != ChatRole.Assistant || last != ChatRole.Assistant)
            {
                if (open)
                {
                    EndContent(writer);
                }

                BeginContent(writer, role == ChatRole.Assistant ? "model"u8 : "user"u8);
                open = true;
            }

            if (systemTextsWait)
            {
                WriteSystemTexts(writer, request, body, plan);
                systemTextsWait = false;
            }

            WriteParts(writer, request, body, message);
            last = role;
        }

        if (open)
        {
            EndContent(writer);
        }

        if (last == ChatRole.Assistant && profile.RefusesModelTurnLast)
        {
            BeginContent(writer, "user"u8);
            WritePart(writer, Continue);
            EndContent(writer);
            request.Warnings.Add("the model does not continue an assistant message: a user message 'Continue.' was appended");
        }

        writer.WriteEndArray();
    }

    private static void WriteGenerationConfig(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, ModelProfile profile)
    {
        writer.WriteStartObject("generationConfig"u8);
        if (!profile.IgnoresSampling)
        {
            WriteIfSet(writer, "temperature"u8, request.Temperature);
            WriteIfSet(writer, "topP"u8, request.TopP == 0 ? null : request.TopP);
            WriteIfSet(writer, "topK"u8, request.TopK);
        }
        else if (request.Temperature is not null || request.TopP is not null || request.TopK is not null)
        {
            request.Warnings.Add("the model ignores temperature, top_p and top_k");
        }

        WritePenalty(writer, "presencePenalty"u8, "presence_penalty", request.PresencePenalty, request, profile);
        WritePenalty(writer, "frequencyPenalty"u8, "frequency_penalty", request.FrequencyPenalty, request, profile);
        WriteIfSet(writer, "maxOutputTokens"u8, request.MaxTokens);
        if (request.Seed is { } seed)
        {
            // Gemini's seed has 32 bits.
            writer.WriteNumber("seed"u8, unchecked((int)seed) & int.MaxValue);
        }

        if (request.Stop.Count > 0)
        {
            writer.WriteStartArray("stopSequences"u8);
            foreach (var stop in request.Stop)
            {
                writer.WriteRawValue(stop.In(body), skipInputValidation: true);
            }

            writer.WriteEndArray();
        }

        if (request.Effort is { } effort && ThinkingConfig.From(profile.Thinking, effort) is { } thinking)
        {
            writer.WriteStartObject("thinkingConfig"u8);
            WriteIfSet(writer, "thinkingBudget"u8, thinking.Budget);
            if (thinking.Level is not null)
            {
                writer.WriteString("thinkingLevel"u8, thinking.Level);
            }

            writer.WriteBoolean("includeThoughts"u8, thinking.IncludeThoughts);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WritePenalty(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string field, double? value, ChatRequest request, ModelProfile profile)
    {
        if (value is null or 0)
        {
            return;
        }

        if (profile.RefusesPenalties)
        {
            request.Warnings.Add($"the model does not support {field}");
            return;
        }

        // Gemini's range leaves its upper end out.
        writer.WriteNumber(name, Math.Min(value.Value, 1.99));
    }

    private static void WriteIfSet(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double? value)
    {
        if (value is not null)
        {
            writer.WriteNumber(name, value.Value);
        }
    }

    private static void WriteIfSet(Utf8JsonWriter writer, ReadOnlySpan<byte> name, int? value)
    {
        if (value is not null)
        {
            writer.WriteNumber(name, value.Value);
        }
    }

    private static bool WriteSystemTexts(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, SystemPlan plan)
    {
        var any = false;
        var messages = CollectionsMarshal.AsSpan(request.Messages);
        for (var i = 0; i < messages.Length; i++)
        {
            if (messages[i].Role == ChatRole.System && i != plan.AsUser)
            {
                WriteParts(writer, request, body, messages[i]);
                any = true;
            }
        }

        return any;
    }

    private static void BeginContent(Utf8JsonWriter writer, ReadOnlySpan<byte> role)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WriteStartArray("parts"u8);
    }

    private static void EndContent(Utf8JsonWriter writer)
    {
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteParts(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, ChatMessage message)
    {
        foreach (var text in CollectionsMarshal.AsSpan(request.Texts).Slice(message.FirstText, message.TextCount))
        {
            WritePart(writer, text.In(body));
        }
    }

    private static void WritePart(Utf8JsonWriter writer, ReadOnlySpan<byte> rawText)
    {
        writer.WriteStartObject();
        writer.WriteRawString("text"u8, rawText);
        writer.WriteEndObject();
    }

    /// <summary>What becomes of system messages.</summary>
    /// <param name="AsInstruction">Whether they become the system instruction; else they go before the first user text.</param>
    /// <param name="AsUser">Index of the system message that is sent as the user's, because there is no other; -1 when there is.</param>
    private readonly record struct SystemPlan(bool AsInstruction, int AsUser)
    {
        public static SystemPlan For(ChatRequest request, ModelProfile profile)
        {
            int systems = 0, lastSystem = -1;
            for (var i = 0; i < request.Messages.Count; i++)
            {
                if (request.Messages[i].Role == ChatRole.System)
                {
                    systems++;
                    lastSystem = i;
                }
            }

            var onlySystem = systems == request.Messages.Count;
            if (onlySystem)
            {
                return new SystemPlan(systems > 1 && !profile.RefusesSystemInstruction, lastSystem);
            }

            return new SystemPlan(systems > 0 && !profile.RefusesSystemInstruction, -1);
        }
    }
}
