using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Translation.Responses;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>A chat completion on its way: what every attempt of it needs.</summary>
/// <param name="request">What the client asks.</param>
/// <param name="model">The checked name of the upstream model.</param>
/// <param name="envelope">What frames the answer.</param>
/// <param name="record">What is known of the request.</param>
/// <param name="answer">The answer to the client.</param>
internal sealed class ChatCall(ChatRequest request, string model, AnswerEnvelope envelope, RequestRecord record, ClientAnswer answer) : IDisposable
{
    /// <summary>What the client asks.</summary>
    public ChatRequest Request => request;

    /// <summary>The checked name of the upstream model.</summary>
    public string Model => model;

    /// <summary>What frames the answer.</summary>
    public AnswerEnvelope Envelope => envelope;

    /// <summary>What is known of the request.</summary>
    public RequestRecord Record => record;

    /// <summary>The answer to the client.</summary>
    public ClientAnswer Answer => answer;

    /// <summary>The request in Gemini's form.</summary>
    public PooledBuffer Body { get; } = new();

    /// <summary>What is to be sent to the client next.</summary>
    public PooledBuffer Outgoing { get; } = new();

    /// <summary>The HTTP status of the last attempt; null when none arrived.</summary>
    public int? UpstreamStatus { get; set; }

    /// <summary>Set when an upstream connection may still read <see cref="Body"/>: then its memory is not given back.</summary>
    public bool BodyMayBeRead { get; set; }

    /// <inheritdoc />
    public void Dispose()
    {
        if (BodyMayBeRead)
        {
            Body.Abandon();
        }

        Body.Dispose();
        Outgoing.Dispose();
    }
}
