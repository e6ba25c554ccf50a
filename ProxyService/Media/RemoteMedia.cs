using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Media;

/// <summary>
/// Fetches what a request names by address. The address comes from a client, so it may lead anywhere: only hosts of the open internet are connected to,
/// on the ports of http and https, without cookies, credentials or a proxy, and every redirect is checked anew.
/// </summary>
internal sealed class RemoteMedia : IDisposable
{
    /// <summary>Before it was fetched, one is counted for as many bytes of text as have the tokens of a usual image.</summary>
    public const int BytesOfTokens = 4096;

    private const int MaximumRedirects = 3;
    private const int PieceBytes = 64 * 1024;
    private const int LeastReadBytes = 4096;

    private readonly IOptionsMonitor<RemoteMediaOptions> options;
    private readonly HttpMessageInvoker client;

    /// <summary>Opens nothing yet.</summary>
    public RemoteMedia(MediaNetwork network, IOptionsMonitor<RemoteMediaOptions> options)
    {
        this.options = options;
        client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.Zero,
            MaxResponseHeadersLength = 32,
            ActivityHeadersPropagator = null,
            ConnectCallback = (context, cancellationToken) => network.ConnectAsync(context.DnsEndPoint, cancellationToken),
        });
    }

    /// <summary>Finds the media of a request that are to be fetched, and leaves others to Gemini.</summary>
    /// <param name="request">The request.</param>
    /// <param name="remote">What is to be fetched; null for nothing.</param>
    /// <returns>Why the request is refused; null when it is not.</returns>
    public OpenAiError? Check(ChatRequest request, out List<MediaPart>? remote)
    {
        remote = null;
        foreach (var part in request.Parts)
        {
            if (part.Media is { Address: not null, FetchedUpstream: false } media)
            {
                (remote ??= []).Add(media);
            }
        }

        if (remote is null)
        {
            return null;
        }

        var settings = options.CurrentValue;
        if (settings.Mode == RemoteMediaMode.Off)
        {
            return Refused(remote[0], "invalid_image_url", "this gateway fetches nothing: send the content as a data: address");
        }

        if (remote.Count > settings.MaximumPerRequest)
        {
            return Refused(remote[settings.MaximumPerRequest], "invalid_image_url", $"at most {settings.MaximumPerRequest} addresses per request are supported");
        }

        if (settings.Mode == RemoteMediaMode.Passthrough)
        {
            foreach (var media in remote)
            {
                media.FetchedUpstream = true;
                media.MimeType = MediaTypes.OfFileName(media.Address!.AbsolutePath);
            }

            remote = null;
        }

        return null;
    }

    /// <summary>Fetches media.</summary>
    /// <param name="remote">What <see cref="Check"/> has found; they get their bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Why the request is refused; null when it is not.</returns>
    public async ValueTask<OpenAiError?> FetchAsync(List<MediaPart> remote, CancellationToken cancellationToken)
    {
        var settings = options.CurrentValue;
        var allowance = new Allowance(settings.MaximumTotalBytes);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(settings.TimeoutSeconds));
        var errors = await Task.WhenAll(remote.Select(media => FetchAsync(media, settings.MaximumBytes, allowance, deadline.Token))).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return Array.Find(errors, error => error is not null);
    }

    /// <inheritdoc />
    public void Dispose() => client.Dispose();

    private async Task<OpenAiError?> FetchAsync(MediaPart media, int maximum, Allowance allowance, CancellationToken cancellationToken)
    {
        try
        {
            var address = media.Address!;
            for (var redirects = 0; redirects <= MaximumRedirects; redirects++)
            {
                if (address.Scheme is not ("http" or "https") || !address.IsDefaultPort || address.UserInfo.Length > 0)
                {
                    break;
                }

                using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept", "image/*, audio/*, video/*, application/pdf, text/*" } } };
                using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } next)
                {
                    address = new Uri(address, next);
                    continue;
                }

                return response.StatusCode == HttpStatusCode.OK
                    ? await ReadAsync(media, response, maximum, allowance, cancellationToken).ConfigureAwait(false)
                    : Refused(media, "invalid_image_url", $"its host answered with status {(int)response.StatusCode}");
            }

            return Refused(media, "invalid_image_url", "it leads to an address that is not fetched");
        }
        catch (OperationCanceledException)
        {
            return Refused(media, "image_fetch_timeout", "its host did not deliver it in time");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UriFormatException or System.Net.Sockets.SocketException)
        {
            // Which of them it was would tell a client about the network behind the gateway.
            return Refused(media, "invalid_image_url", "it could not be fetched");
        }
    }

    private static async Task<OpenAiError?> ReadAsync(MediaPart media, HttpResponseMessage response, int maximum, Allowance allowance, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > maximum)
        {
            return TooLarge(media, maximum);
        }

        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            return Refused(media, "invalid_image_url", "its host delivers it compressed");
        }

        using var bytes = new PooledBuffer(PieceBytes);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        int read;
        while ((read = await stream.ReadAsync(bytes.GetMemory(LeastReadBytes), cancellationToken).ConfigureAwait(false)) > 0)
        {
            bytes.Advance(read);
            if (bytes.Length > maximum)
            {
                return TooLarge(media, maximum);
            }

            if (!allowance.TryTake(read))
            {
                return Refused(media, "image_too_large", $"all that is fetched for the request is larger than {allowance.Maximum / (1024 * 1024.0):0.#} MiB");
            }
        }

        var content = bytes.WrittenSpan;
        var type = TypeOf(content, response.Content.Headers.ContentType, media.MustBeImage);
        if (content.Length == 0 || type is null)
        {
            return Refused(media, "invalid_image", "its content is of no kind that Gemini takes");
        }

        media.MimeType = type;
        var base64 = new byte[Base64.GetMaxEncodedToUtf8Length(content.Length)];
        Base64.EncodeToUtf8(content, base64, out _, out _);
        media.OwnData = base64;
        return null;
    }

    /// <summary>What the content itself says counts more than what its host says.</summary>
    private static string? TypeOf(ReadOnlySpan<byte> content, MediaTypeHeaderValue? declared, bool mustBeImage)
    {
        if (MediaTypes.Sniff(content) is { } found)
        {
            return MediaTypes.Supported(found);
        }

        var type = declared?.MediaType is { } told ? MediaTypes.Supported(told) : null;
        // A page about a film is no film.
        return type is not null && (mustBeImage || MediaTypes.IsImage(type) || type.StartsWith("text/", StringComparison.Ordinal)) ? null : type;
    }

    private static OpenAiError TooLarge(MediaPart media, int maximum) => Refused(media, "image_too_large", $"it is larger than {maximum / (1024 * 1024.0):0.#} MiB");

    private static OpenAiError Refused(MediaPart media, string code, string why) => OpenAiError.Invalid(code, $"Invalid '{media.Field}': {why}.", media.Field.ToString());

    /// <summary>The bytes that may be fetched for one request, over all that is fetched for it at the same time.</summary>
    private sealed class Allowance(int maximum)
    {
        private long taken;

        public int Maximum => maximum;

        public bool TryTake(int bytes) => Interlocked.Add(ref taken, bytes) <= maximum;
    }
}

/// <summary>Registers the fetching of remote media.</summary>
internal static class MediaExtensions
{
    /// <summary>Adds it.</summary>
    public static IHostApplicationBuilder AddRemoteMedia(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<RemoteMediaOptions>("RemoteMedia");
        builder.Services.AddSingleton<MediaNetwork>();
        builder.Services.AddSingleton<RemoteMedia>();
        return builder;
    }
}
