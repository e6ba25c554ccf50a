namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Checks that every call of the conversation is answered by exactly one result, and every result answers a call: Gemini refuses anything else without saying where.</summary>
internal static class ToolPairing
{
    /// <summary>Checks all messages.</summary>
    public static void Check(ChatRequest request)
    {
        for (var i = 0; i < request.Messages.Count; i++)
        {
            var message = request.Messages[i];
            if (message.Role == ChatRole.Tool)
            {
                throw FieldReading.Refuse(OpenAiError.InvalidValue($"messages[{message.Index}].role", "A message of the role 'tool' must follow a message with 'tool_calls'."));
            }

            if (message.CallCount > 0)
            {
                i = CheckStep(request, i);
            }
        }
    }

    /// <summary>The place of the call a result answers, among the calls of the message before.</summary>
    /// <param name="request">The request.</param>
    /// <param name="caller">The message that called.</param>
    /// <param name="id">The call's id.</param>
    /// <returns>-1 when there is no such call.</returns>
    public static int PlaceOf(ChatRequest request, ChatMessage caller, string id)
    {
        for (var i = 0; i < caller.CallCount; i++)
        {
            if (request.Calls[caller.FirstCall + i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    private static int CheckStep(ChatRequest request, int at)
    {
        var caller = request.Messages[at];
        var answered = new bool[caller.CallCount];
        var last = at;
        while (last + 1 < request.Messages.Count && request.Messages[last + 1].Role == ChatRole.Tool)
        {
            var result = request.Messages[++last];
            var place = PlaceOf(request, caller, result.ToolCallId!);
            if (place < 0)
            {
                throw FieldReading.Refuse(OpenAiError.InvalidValue($"messages[{result.Index}].tool_call_id", $"Invalid 'messages[{result.Index}].tool_call_id': the message before has no such call."));
            }

            if (answered[place])
            {
                throw FieldReading.Refuse(OpenAiError.InvalidValue($"messages[{result.Index}].tool_call_id", $"Invalid 'messages[{result.Index}].tool_call_id': the call was answered already."));
            }

            answered[place] = true;
        }

        var missing = Array.IndexOf(answered, false);
        return missing < 0
            ? last
            : throw FieldReading.Refuse(OpenAiError.InvalidValue(
                $"messages[{caller.Index}].tool_calls",
                $"An assistant message with 'tool_calls' must be followed by a tool message for each of them; none answers '{request.Calls[caller.FirstCall + missing].Id}'."));
    }
}
