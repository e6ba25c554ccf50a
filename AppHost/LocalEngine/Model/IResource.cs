namespace GeminiBalance.LocalEngine;

/// <summary>Something the AppHost starts, or a value it knows: a server, a database, a service, a parameter.</summary>
public interface IResource
{
    /// <summary>The name: 1 to 64 ASCII letters, digits and single hyphens, starting with a letter.</summary>
    string Name { get; }

    /// <summary>What has been said about the resource.</summary>
    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>A resource that has environment variables.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>A resource that has command line arguments.</summary>
public interface IResourceWithArgs : IResource;

/// <summary>A resource that can be connected to.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>A resource whose start can wait for others.</summary>
public interface IResourceWithWaitSupport : IResource;

/// <summary>A resource whose endpoints other resources find by its name.</summary>
public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

/// <summary>A resource that lives inside another one.</summary>
public interface IResourceWithParent : IResource
{
    /// <summary>The resource it lives in.</summary>
    IResource Parent { get; }
}

/// <summary>A resource that lives inside another one of a known type.</summary>
/// <typeparam name="T">Type of the parent.</typeparam>
public interface IResourceWithParent<out T> : IResourceWithParent
    where T : IResource
{
    /// <summary>The resource it lives in.</summary>
    new T Parent { get; }

    IResource IResourceWithParent.Parent => Parent;
}

/// <summary>A resource that is reached by a connection string.</summary>
public interface IResourceWithConnectionString : IResource
{
    /// <summary>The connection string, with references to what is known only once ports and passwords are.</summary>
    ReferenceExpression ConnectionStringExpression { get; }

    /// <summary>Name of the environment variable that carries the connection string, when it is not <c>ConnectionStrings__name</c>.</summary>
    string? ConnectionStringEnvironmentVariable => null;

    /// <summary>The connection string.</summary>
    /// <param name="cancellationToken">Cancels the wait for its parts.</param>
    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    /// <summary>The parts of the connection string by name, given to a consumer as <c>RESOURCE_NAME</c> variables.</summary>
    IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];
}

/// <summary>A value that is known once the application starts.</summary>
public interface IValueProvider
{
    /// <summary>The value.</summary>
    /// <param name="cancellationToken">Cancels the wait for it.</param>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

/// <summary>Something said about a resource.</summary>
public interface IResourceAnnotation;

/// <summary>The resources of an application, in the order they were added.</summary>
public interface IResourceCollection : IList<IResource>;

/// <summary>Configures one resource.</summary>
/// <typeparam name="T">Type of the resource.</typeparam>
public interface IResourceBuilder<out T>
    where T : IResource
{
    /// <summary>The application it belongs to.</summary>
    IDistributedApplicationBuilder ApplicationBuilder { get; }

    /// <summary>The resource.</summary>
    T Resource { get; }

    /// <summary>Says something about the resource.</summary>
    /// <typeparam name="TAnnotation">Type of what is said.</typeparam>
    /// <param name="annotation">What is said.</param>
    /// <param name="behavior">Whether it joins or replaces what was said before in the same type.</param>
    IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
        where TAnnotation : IResourceAnnotation;
}

/// <summary>Whether an annotation joins or replaces earlier ones of its type.</summary>
public enum ResourceAnnotationMutationBehavior
{
    /// <summary>It joins them.</summary>
    Append,

    /// <summary>It replaces them.</summary>
    Replace,
}
