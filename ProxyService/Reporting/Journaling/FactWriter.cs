using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>Writes a fact as <see cref="ContractsJson"/> does, byte for byte: every request has one, and the serializer would cost it as much as translating its answer.</summary>
internal static class FactWriter
{
    /// <summary>Bytes of names, signs and values that are no texts.</summary>
    private const int MostOfFact = 1200;
    private const int MostOfAttempt = 320;
    private const int MostOfFinalist = 320;

    private static readonly byte[][] Operations = Words<RequestOperation>();
    private static readonly byte[][] Outcomes = Words<RequestOutcome>();
    private static readonly byte[][] Classes = Words<UpstreamOutcomeClass>();

    /// <summary>Appends a fact.</summary>
    /// <param name="fact">The fact.</param>
    /// <param name="target">Gets its JSON.</param>
    public static void Write(RequestFact fact, PooledBuffer target)
    {
        JsonPen pen = new(target.GetSpan(MostOf(fact)));
        pen.Raw("{\"id\":"u8);
        pen.Id(fact.Id);
        pen.Raw(",\"startedAt\":"u8);
        pen.Time(fact.StartedAt);
        pen.Raw(",\"operation\":"u8);
        pen.Raw(Operations[(int)fact.Operation]);
        pen.Raw(",\"outcome\":"u8);
        pen.Raw(Outcomes[(int)fact.Outcome]);
        pen.Raw(",\"status\":"u8);
        pen.Number(fact.Status);
        Text(ref pen, ",\"errorCode\":"u8, fact.ErrorCode);
        Text(ref pen, ",\"modelAsked\":"u8, fact.ModelAsked);
        Text(ref pen, ",\"modelServed\":"u8, fact.ModelServed);
        Id(ref pen, ",\"accessKeyId\":"u8, fact.AccessKeyId);
        Id(ref pen, ",\"keyId\":"u8, fact.KeyId);
        pen.Raw(",\"attempts\":["u8);
        for (var i = 0; i < fact.Attempts.Count; i++)
        {
            pen.Raw(i == 0 ? ""u8 : ","u8);
            Write(fact.Attempts[i], ref pen);
        }

        pen.Raw("]"u8);
        if (fact.Choice is { } choice)
        {
            pen.Raw(",\"choice\":"u8);
            Write(choice, ref pen);
        }

        pen.Raw(fact.Streamed ? ",\"streamed\":true"u8 : ",\"streamed\":false"u8);
        if (fact.Tokens is { } tokens)
        {
            pen.Raw(",\"tokens\":"u8);
            Write(tokens, ref pen);
        }

        Number(ref pen, ",\"firstTokenMs\":"u8, fact.FirstTokenMs);
        Number(ref pen, ",\"durationMs\":"u8, fact.DurationMs);
        Text(ref pen, ",\"traceParent\":"u8, fact.TraceParent);
        pen.Raw(fact.Estimated ? ",\"estimated\":true"u8 : ""u8);
        Number(ref pen, ",\"overheadMs\":"u8, fact.OverheadMs);
        pen.Raw(fact.Recovered ? ",\"recovered\":true"u8 : ""u8);
        Text(ref pen, ",\"clientRequestId\":"u8, fact.ClientRequestId);
        pen.Raw("}"u8);
        target.Advance(pen.Length);
    }

    private static void Write(AttemptFact attempt, ref JsonPen pen)
    {
        pen.Raw("{\"keyId\":"u8);
        pen.Id(attempt.KeyId);
        pen.Raw(",\"outcome\":"u8);
        pen.Raw(Classes[(int)attempt.Outcome]);
        Number(ref pen, ",\"status\":"u8, attempt.Status);
        Number(ref pen, ",\"durationMs\":"u8, attempt.DurationMs);
        Number(ref pen, ",\"firstByteMs\":"u8, attempt.FirstByteMs);
        Text(ref pen, ",\"reason\":"u8, attempt.Reason);
        pen.Raw("}"u8);
    }

    private static void Write(KeyChoice choice, ref JsonPen pen)
    {
        pen.Raw("{\"strategy\":"u8);
        pen.Text(choice.Strategy);
        pen.Raw(",\"eligible\":"u8);
        pen.Number(choice.Eligible);
        pen.Raw(",\"excluded\":"u8);
        pen.Number(choice.Excluded);
        if (choice.ExcludedBy is { } reasons)
        {
            pen.Raw(",\"excludedBy\":{"u8);
            var first = true;
            foreach (var (reason, count) in reasons)
            {
                pen.Raw(first ? ""u8 : ","u8);
                pen.Text(reason);
                pen.Raw(":"u8);
                pen.Number(count);
                first = false;
            }

            pen.Raw("}"u8);
        }

        if (choice.Finalists is { } finalists)
        {
            pen.Raw(",\"finalists\":["u8);
            for (var i = 0; i < finalists.Count; i++)
            {
                pen.Raw(i == 0 ? "{\"keyId\":"u8 : ",{\"keyId\":"u8);
                pen.Id(finalists[i].KeyId);
                Number(ref pen, ",\"score\":"u8, finalists[i].Score);
                Number(ref pen, ",\"success\":"u8, finalists[i].Success);
                Number(ref pen, ",\"latencyMs\":"u8, finalists[i].LatencyMs);
                Number(ref pen, ",\"headroom\":"u8, finalists[i].Headroom);
                Number(ref pen, ",\"inFlight\":"u8, finalists[i].InFlight);
                pen.Raw("}"u8);
            }

            pen.Raw("]"u8);
        }

        pen.Raw("}"u8);
    }

    private static void Write(TokenUsage tokens, ref JsonPen pen)
    {
        pen.Raw("{\"prompt\":"u8);
        pen.Number(tokens.Prompt);
        pen.Raw(",\"completion\":"u8);
        pen.Number(tokens.Completion);
        pen.Raw(",\"thoughts\":"u8);
        pen.Number(tokens.Thoughts);
        pen.Raw(",\"cached\":"u8);
        pen.Number(tokens.Cached);
        pen.Raw(",\"toolUsePrompt\":"u8);
        pen.Number(tokens.ToolUsePrompt);
        pen.Raw(",\"total\":"u8);
        pen.Number(tokens.Total);
        Number(ref pen, ",\"promptAudio\":"u8, tokens.PromptAudio == 0 ? null : tokens.PromptAudio);
        Number(ref pen, ",\"completionAudio\":"u8, tokens.CompletionAudio == 0 ? null : tokens.CompletionAudio);
        pen.Raw("}"u8);
    }

    private static void Text(ref JsonPen pen, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            pen.Raw(name);
            pen.Text(value);
        }
    }

    private static void Id(ref JsonPen pen, ReadOnlySpan<byte> name, Guid? value)
    {
        if (value is { } id)
        {
            pen.Raw(name);
            pen.Id(id);
        }
    }

    private static void Number(ref JsonPen pen, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } number)
        {
            pen.Raw(name);
            pen.Number(number);
        }
    }

    private static void Number(ref JsonPen pen, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            pen.Raw(name);
            pen.Number(number);
        }
    }

    /// <summary>The most bytes a fact can take.</summary>
    private static int MostOf(RequestFact fact)
    {
        var most = MostOfFact + JsonPen.MostOf(fact.ErrorCode) + JsonPen.MostOf(fact.ModelAsked) + JsonPen.MostOf(fact.ModelServed) + JsonPen.MostOf(fact.TraceParent) + JsonPen.MostOf(fact.ClientRequestId)
            + JsonPen.MostOf(fact.Choice?.Strategy) + ((fact.Choice?.Finalists?.Count ?? 0) * MostOfFinalist) + (fact.Attempts.Count * MostOfAttempt);
        for (var i = 0; i < fact.Attempts.Count; i++)
        {
            most += JsonPen.MostOf(fact.Attempts[i].Reason);
        }

        if (fact.Choice?.ExcludedBy is { } reasons)
        {
            foreach (var reason in reasons.Keys)
            {
                most += JsonPen.MostOfValue + JsonPen.MostOf(reason);
            }
        }

        return most;
    }

    private static byte[][] Words<T>()
        where T : struct, Enum => [.. Enum.GetNames<T>().Select(name => System.Text.Encoding.ASCII.GetBytes($"\"{name}\""))];
}
