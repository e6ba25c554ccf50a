using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.Integration.Tests.Telemetry;

/// <summary>A span as it arrived.</summary>
/// <param name="Service">The <c>service.name</c> of its resource.</param>
/// <param name="Name">Its name.</param>
/// <param name="TraceId">Its trace, in hex.</param>
public sealed record ReceivedSpan(string Service, string Name, string TraceId);

/// <summary>A small OTLP collector over HTTP and protobuf (opentelemetry.proto.collector v1): keeps spans, and who sent metrics and logs.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtlpReceiver(WebApplication app) => this.app = app;

    /// <summary>Its base address.</summary>
    public string Address { get; private set; } = "";

    /// <summary>All spans.</summary>
    public ConcurrentQueue<ReceivedSpan> Spans { get; } = new();

    /// <summary>Metric names by service.</summary>
    public ConcurrentDictionary<string, ConcurrentDictionary<string, bool>> Metrics { get; } = new();

    /// <summary>Log records by service.</summary>
    public ConcurrentDictionary<string, int> Logs { get; } = new();

    /// <summary>Every body as it came, to be searched for what must not be in it.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = new();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/traces", context => receiver.TakeAsync(context, receiver.TakeTraces));
        app.MapPost("/v1/metrics", context => receiver.TakeAsync(context, receiver.TakeMetrics));
        app.MapPost("/v1/logs", context => receiver.TakeAsync(context, receiver.TakeLogs));
        await app.StartAsync();
        receiver.Address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return receiver;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, Action<byte[]> take)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var body = buffer.ToArray();
        Bodies.Enqueue(body);
        take(body);
        context.Response.ContentType = "application/x-protobuf";
    }

    // Field numbers: ExportTraceServiceRequest.resource_spans = 1; ResourceSpans.resource = 1, .scope_spans = 2;
    // ScopeSpans.spans = 2; Span.trace_id = 1, .name = 5. Metrics and logs are nested the same way.
    private void TakeTraces(byte[] body) => EachRecord(body, (service, span) =>
    {
        var reader = new ProtobufReader(span);
        var (trace, name) = ("", "");
        while (reader.Read())
        {
            trace = reader.Field == 1 ? Convert.ToHexStringLower(reader.Bytes) : trace;
            name = reader.Field == 5 ? reader.Text : name;
        }

        Spans.Enqueue(new ReceivedSpan(service, name, trace));
    });

    private void TakeMetrics(byte[] body) => EachRecord(body, (service, metric) =>
    {
        var reader = new ProtobufReader(metric);
        while (reader.Read())
        {
            if (reader.Field == 1)
            {
                Metrics.GetOrAdd(service, _ => new()).TryAdd(reader.Text, true);
            }
        }
    });

    private void TakeLogs(byte[] body) => EachRecord(body, (service, _) => Logs.AddOrUpdate(service, 1, (_, count) => count + 1));

    private delegate void TakeRecord(string service, ReadOnlySpan<byte> record);

    private static void EachRecord(byte[] body, TakeRecord take)
    {
        var request = new ProtobufReader(body);
        while (request.Read())
        {
            var service = ServiceName(request.Bytes);
            var resource = new ProtobufReader(request.Bytes);
            while (resource.Read())
            {
                if (resource.Field != 2)
                {
                    continue;
                }

                var scope = new ProtobufReader(resource.Bytes);
                while (scope.Read())
                {
                    if (scope.Field == 2)
                    {
                        take(service, scope.Bytes);
                    }
                }
            }
        }
    }

    /// <summary>Resource.attributes = 1; KeyValue.key = 1, .value = 2; AnyValue.string_value = 1.</summary>
    private static string ServiceName(ReadOnlySpan<byte> resourceRecords)
    {
        var records = new ProtobufReader(resourceRecords);
        while (records.Read())
        {
            if (records.Field != 1)
            {
                continue;
            }

            var resource = new ProtobufReader(records.Bytes);
            while (resource.Read())
            {
                var attribute = new ProtobufReader(resource.Bytes);
                var (key, value) = ("", "");
                while (resource.Field == 1 && attribute.Read())
                {
                    if (attribute.Field == 1)
                    {
                        key = attribute.Text;
                    }
                    else if (attribute.Field == 2)
                    {
                        var any = new ProtobufReader(attribute.Bytes);
                        value = any.Read() && any.Field == 1 ? any.Text : "";
                    }
                }

                if (key == "service.name")
                {
                    return value;
                }
            }
        }

        return "";
    }
}
