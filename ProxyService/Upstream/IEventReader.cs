namespace GeminiBalance.ProxyService.Upstream;

/// <summary>Splits a byte stream into the JSON documents it carries. Memory is bounded by the largest of them.</summary>
internal interface IEventReader : IDisposable
{
    /// <summary>How many bytes of the stream lie before the end of what was returned last, its frame included.</summary>
    long Consumed { get; }

    /// <summary>Room for the next read. Data returned before is no longer valid.</summary>
    Memory<byte> GetMemory();

    /// <summary>Tells how much was read into the room.</summary>
    void Advance(int count);

    /// <summary>Tells that the stream has ended: what is unfinished becomes the last event.</summary>
    void Complete();

    /// <summary>Takes the next document.</summary>
    /// <param name="data">Its bytes; valid until the next call of any method.</param>
    /// <exception cref="EventTooLargeException">It is larger than allowed.</exception>
    bool TryRead(out ReadOnlyMemory<byte> data);
}
