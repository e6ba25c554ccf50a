using System.Globalization;
using System.Net.Sockets;

namespace GeminiBalance.LocalEngine;

/// <summary>A place where a resource can be connected to.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    private string? _name;

    /// <summary>Describes the endpoint.</summary>
    /// <param name="protocol">The transport protocol.</param>
    /// <param name="uriScheme">The URI scheme; the protocol's name when null.</param>
    /// <param name="transport">The application protocol; the URI scheme when null.</param>
    /// <param name="name">The name; the URI scheme when null.</param>
    /// <param name="port">The preferred port for callers; any when null.</param>
    /// <param name="targetPort">The port the resource itself listens on; chosen when null.</param>
    /// <param name="isExternal">Whether it is meant for callers outside the machine.</param>
    /// <param name="isProxied">Whether a proxy may stand in front of it.</param>
    public EndpointAnnotation(
        ProtocolType protocol,
        string? uriScheme = null,
        string? transport = null,
        string? name = null,
        int? port = null,
        int? targetPort = null,
        bool? isExternal = null,
        bool isProxied = true)
    {
        Protocol = protocol;
#pragma warning disable CA1308 // A URI scheme is written in lower case.
        UriScheme = uriScheme ?? protocol.ToString().ToLowerInvariant();
#pragma warning restore CA1308
        Transport = transport ?? UriScheme;
        _name = name;
        Port = port;
        TargetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied;
    }

    /// <summary>The transport protocol.</summary>
    public ProtocolType Protocol { get; set; }

    /// <summary>The name, unique in the resource.</summary>
    public string Name { get => _name ?? UriScheme; set => _name = value; }

    /// <summary>The URI scheme.</summary>
    public string UriScheme { get; set; }

    /// <summary>The application protocol.</summary>
    public string Transport { get; set; }

    /// <summary>The preferred port for callers; any when null.</summary>
    public int? Port { get; set; }

    /// <summary>The port the resource itself listens on; chosen when null.</summary>
    public int? TargetPort { get; set; }

    /// <summary>Whether it is meant for callers outside the machine.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Whether a proxy may stand in front of it.</summary>
    public bool IsProxied { get; set; }

    internal bool IsHttp => UriScheme is "http" or "https";

    internal int? AllocatedPort { get; set; }
}

/// <summary>Refers to an endpoint of a resource before its port is known.</summary>
public sealed class EndpointReference : IValueProvider
{
    private readonly string _name;

    /// <summary>By name.</summary>
    /// <param name="owner">The resource.</param>
    /// <param name="endpointName">Name of the endpoint.</param>
    public EndpointReference(IResourceWithEndpoints owner, string endpointName)
    {
        Resource = owner;
        _name = endpointName;
    }

    /// <summary>The resource.</summary>
    public IResourceWithEndpoints Resource { get; }

    /// <summary>Name of the endpoint.</summary>
    public string EndpointName => _name;

    /// <summary>Whether the resource has such an endpoint.</summary>
    public bool Exists => Find() is not null;

    /// <summary>Whether its port is known.</summary>
    public bool IsAllocated => Find()?.AllocatedPort is not null;

    /// <summary>The endpoint.</summary>
    /// <exception cref="DistributedApplicationException">The resource has no such endpoint.</exception>
    public EndpointAnnotation EndpointAnnotation => Find()
        ?? throw new DistributedApplicationException($"Resource '{Resource.Name}' has no endpoint named '{_name}'.");

    /// <summary>The host callers use.</summary>
    public string Host => EndpointAnnotation.IsHttp ? "localhost" : "127.0.0.1";

    /// <summary>The URI scheme.</summary>
    public string Scheme => EndpointAnnotation.UriScheme;

    /// <summary>The port callers use.</summary>
    /// <exception cref="DistributedApplicationException">The application has not been started.</exception>
    public int Port => EndpointAnnotation.AllocatedPort
        ?? throw new DistributedApplicationException($"Endpoint '{_name}' of resource '{Resource.Name}' has no port before the application is started.");

    /// <summary>The address callers use.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{Host}:{Port}");

    /// <inheritdoc/>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<string?>(Url);

    /// <summary>Refers to one part of the endpoint.</summary>
    /// <param name="property">The part.</param>
    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    private EndpointAnnotation? Find() =>
        Resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => string.Equals(e.Name, _name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A part of an endpoint.</summary>
public enum EndpointProperty
{
    /// <summary>The whole address.</summary>
    Url,

    /// <summary>The host.</summary>
    Host,

    /// <summary>The host as an IPv4 address.</summary>
    IPV4Host,

    /// <summary>The port.</summary>
    Port,

    /// <summary>The URI scheme.</summary>
    Scheme,

    /// <summary>The port the resource itself listens on.</summary>
    TargetPort,

    /// <summary>Host and port, joined by a colon.</summary>
    HostAndPort,
}

/// <summary>Refers to one part of an endpoint.</summary>
public class EndpointReferenceExpression : IValueProvider
{
    /// <summary>Refers to a part.</summary>
    /// <param name="endpointReference">The endpoint.</param>
    /// <param name="property">The part.</param>
    public EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property)
    {
        Endpoint = endpointReference;
        Property = property;
    }

    /// <summary>The endpoint.</summary>
    public EndpointReference Endpoint { get; }

    /// <summary>The part.</summary>
    public EndpointProperty Property { get; }

    /// <inheritdoc/>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<string?>(Property switch
    {
        EndpointProperty.Url => Endpoint.Url,
        EndpointProperty.Host => Endpoint.Host,
        EndpointProperty.IPV4Host => "127.0.0.1",
        EndpointProperty.Scheme => Endpoint.Scheme,
        EndpointProperty.HostAndPort => $"{Endpoint.Host}:{Endpoint.Port.ToString(CultureInfo.InvariantCulture)}",
        _ => Endpoint.Port.ToString(CultureInfo.InvariantCulture),
    });
}
