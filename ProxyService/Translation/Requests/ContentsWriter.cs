using System.Runtime.InteropServices;
using System.Text.Json;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Writes <c>contents</c>: the messages as turns of the user and the model. Texts and media are copied as they stand.</summary>
internal ref struct ContentsWriter
{
    private const int UsualCalls = 32;

    /// <summary>The most characters of signatures and of what Google's tools did: a conversation may name a remembered call again and again.</summary>
    private const int MostRemembered = 32 * 1024 * 1024;

    private readonly Utf8JsonWriter writer;
    private readonly ChatRequest request;
    private readonly ReadOnlySpan<byte> body;
    private readonly ModelProfile profile;
    private readonly TranslationOptions options;
    private readonly SystemPlan plan;
    private readonly SignaturePlan signatures;
    private readonly int lastUser;
    private readonly bool tellsDetail;
    private readonly bool tellsServerTools;
    private bool systemTextsWait;
    private bool prefixWaits;
    private bool open;
    private int remembered;
    private ChatRole last;

    /// <summary>Prepares the writing.</summary>
    public ContentsWriter(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, ModelProfile profile, TranslationOptions options, SystemPlan plan)
    {
        this.writer = writer;
        this.request = request;
        this.body = body;
        this.profile = profile;
        this.options = options;
        this.plan = plan;
        signatures = SignaturePlan.For(request, profile, options.ReplaceSignatures);
        lastUser = LastUser(request, plan);
        systemTextsWait = plan.InFirstTurn;
        tellsDetail = profile.MixesTools && !options.Learned.HasFlag(LearnedLimits.MediaResolution);
        tellsServerTools = ToolsWriter.IsMixed(request, profile, options) && !options.ReplaceSignatures;
        prefixWaits = options.UserPrefix is not null;
        last = ChatRole.System;
    }

    private static ReadOnlySpan<byte> Placeholder => "\" \""u8;

    private static ReadOnlySpan<byte> Continue => "\"Continue.\""u8;

    /// <summary>Writes all turns.</summary>
    /// <exception cref="RequestRefusedException">The conversation ends with the assistant, and the gateway is set to refuse that; or it grows too large.</exception>
    public void Write()
    {
        writer.WriteStartArray("contents"u8);
        var messages = CollectionsMarshal.AsSpan(request.Messages);
        for (var i = 0; i < messages.Length; i++)
        {
            if (messages[i].Role == ChatRole.System && i != plan.AsUser)
            {
                continue;
            }

            if (messages[i].Role == ChatRole.Tool)
            {
                i = WriteResults(messages, i);
                continue;
            }

            WriteMessage(messages[i], i);
        }

        CloseTurn();
        ContinueForTheModel();
        writer.WriteEndArray();
    }

    private void WriteMessage(ChatMessage message, int at)
    {
        var role = message.Role == ChatRole.Assistant ? ChatRole.Assistant : ChatRole.User;
        if (last == ChatRole.System && role == ChatRole.Assistant)
        {
            // A conversation begins with the user.
            OpenTurn("user"u8);
            if (systemTextsWait)
            {
                PartWriter.WriteSystem(writer, request, body, plan);
            }
            else
            {
                PartWriter.WriteText(writer, Placeholder);
            }

            systemTextsWait = false;
            CloseTurn();
        }

        if (role != ChatRole.Assistant || last != ChatRole.Assistant)
        {
            CloseTurn();
            OpenTurn(role == ChatRole.Assistant ? "model"u8 : "user"u8);
        }

        if (systemTextsWait)
        {
            PartWriter.WriteSystem(writer, request, body, plan);
            systemTextsWait = false;
        }

        if (role == ChatRole.User && prefixWaits)
        {
            PartWriter.WriteText(writer, JsonText.Quote(options.UserPrefix!));
            prefixWaits = false;
        }

        var hasServerTools = WriteServerTools(message);
        WriteParts(message);
        WriteCalls(message, at, hasServerTools);
        if (at == lastUser && options.UserSuffix is { } suffix)
        {
            PartWriter.WriteText(writer, JsonText.Quote(suffix));
        }

        last = role;
    }

    /// <summary>Google's own tools have run before the model called the client's.</summary>
    private bool WriteServerTools(ChatMessage message)
    {
        if (!tellsServerTools || (message.ServerTools ?? (message.CallCount > 0 ? request.Calls[message.FirstCall].ServerTools : null)) is not { } parts)
        {
            return false;
        }

        Remember(parts);

        // Valid parts with commas between them: several values at once, which only the unchecked form takes.
        writer.WriteRawValue(parts, skipInputValidation: true);
        return true;
    }

    private readonly void WriteParts(ChatMessage message)
    {
        var parts = CollectionsMarshal.AsSpan(request.Parts).Slice(message.FirstPart, message.PartCount);
        var signed = message.CallCount == 0 ? SignaturePlan.Signed(parts) : -1;
        for (var i = 0; i < parts.Length; i++)
        {
            PartWriter.Write(writer, parts[i], body, tellsDetail, signatures.OfPart(message, parts[i], isFirst: i == 0, isSigned: i == signed));
        }
    }

    private void WriteCalls(ChatMessage message, int at, bool isWhole)
    {
        for (var i = 0; i < message.CallCount; i++)
        {
            var call = request.Calls[message.FirstCall + i];
            writer.WriteStartObject();
            writer.WriteStartObject("functionCall"u8);
            writer.WriteString("id"u8, call.Id);
            writer.WriteString("name"u8, FunctionNames.ForGemini(call.Name));
            writer.WritePropertyName("args"u8);
            call.Arguments.WriteTo(writer);
            writer.WriteEndObject();
            if (signatures.OfCall(at, message, i, request.Calls, isWhole) is { } signature)
            {
                Remember(signature);
                writer.WriteString("thoughtSignature"u8, signature);
            }

            writer.WriteEndObject();
        }
    }

    private void Remember(string text)
    {
        remembered += text.Length;
        if (remembered > MostRemembered)
        {
            throw new RequestRefusedException(OpenAiError.TooLarge);
        }
    }

    /// <summary>Writes the results of one step as one turn, in the order of the calls: Gemini counts them.</summary>
    private int WriteResults(ReadOnlySpan<ChatMessage> messages, int first)
    {
        var caller = messages[first - 1];
        CloseTurn();
        OpenTurn("user"u8);
        Span<int> results = caller.CallCount <= UsualCalls ? stackalloc int[caller.CallCount] : new int[caller.CallCount];
        for (var i = 0; i < caller.CallCount; i++)
        {
            // Every call has exactly one result: this was checked when the request was read.
            results[ToolPairing.PlaceOf(request, caller, messages[first + i].ToolCallId!)] = first + i;
        }

        for (var place = 0; place < caller.CallCount; place++)
        {
            ToolResultWriter.Write(writer, request, body, messages[results[place]], request.Calls[caller.FirstCall + place], profile);
        }

        if (!profile.MixesTools)
        {
            // Older models take media beside the results, not in them.
            for (var i = first; i < first + caller.CallCount; i++)
            {
                ToolResultWriter.WriteMedia(writer, request, body, messages[i]);
            }
        }

        last = ChatRole.Tool;
        return first + caller.CallCount - 1;
    }

    private void ContinueForTheModel()
    {
        if (last != ChatRole.Assistant || !(profile.RefusesModelTurnLast || options.Learned.HasFlag(LearnedLimits.ModelTurnLast)))
        {
            return;
        }

        if (options.RefusePrefill)
        {
            throw new RequestRefusedException(OpenAiError.Invalid("unsupported_value", "Invalid 'messages': this model does not continue a message of the assistant.", "messages"));
        }

        OpenTurn("user"u8);
        PartWriter.WriteText(writer, Continue);
        CloseTurn();
        request.Warn("the model does not continue an assistant message: a user message 'Continue.' was appended");
    }

    private void OpenTurn(ReadOnlySpan<byte> role)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WriteStartArray("parts"u8);
        open = true;
    }

    private void CloseTurn()
    {
        if (open)
        {
            writer.WriteEndArray();
            writer.WriteEndObject();
            open = false;
        }
    }

    private static int LastUser(ChatRequest request, SystemPlan plan)
    {
        for (var i = request.Messages.Count - 1; i >= 0; i--)
        {
            if (request.Messages[i].Role == ChatRole.User || i == plan.AsUser)
            {
                return i;
            }
        }

        return -1;
    }
}
