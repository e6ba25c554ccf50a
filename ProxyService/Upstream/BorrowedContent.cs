using System.Net;
using System.Net.Http.Headers;

namespace GeminiBalance.ProxyService.Upstream;

/// <summary>A request body on memory that belongs to somebody else. An upstream may answer before it has read everything, so the owner must ask <see cref="IsAtRest"/> before it gives the memory back.</summary>
internal sealed class BorrowedContent : HttpContent
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ReadOnlyMemory<byte> body;
    private int writers;

    /// <summary>Borrows a JSON body.</summary>
    public BorrowedContent(ReadOnlyMemory<byte> body)
    {
        this.body = body;
        Headers.ContentType = Json;
    }

    /// <summary>Whether nobody reads the memory any more.</summary>
    public bool IsAtRest => Volatile.Read(ref writers) == 0;

    /// <inheritdoc />
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc />
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref writers);
        try
        {
            await stream.WriteAsync(body, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref writers);
        }
    }

    /// <inheritdoc />
    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
