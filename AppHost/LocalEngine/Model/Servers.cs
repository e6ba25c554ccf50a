using System.Net.Sockets;

namespace GeminiBalance.LocalEngine;

/// <summary>A PostgreSQL server.</summary>
public class PostgresServerResource : Resource, IResourceWithEnvironment, IResourceWithConnectionString, IResourceWithEndpoints, IResourceWithWaitSupport, ILaunchable
{
    internal const string DefaultUser = "postgres";
    private readonly Dictionary<string, string> _databases = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes the server.</summary>
    /// <param name="name">The name.</param>
    /// <param name="userName">The superuser's name; <c>postgres</c> when null.</param>
    /// <param name="password">The superuser's password.</param>
    public PostgresServerResource(string name, ParameterResource? userName, ParameterResource password)
        : base(name)
    {
        UserNameParameter = userName;
        PasswordParameter = password;
        Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, name: "tcp"));
    }

    /// <summary>Where the server listens.</summary>
    public EndpointReference PrimaryEndpoint => new(this, "tcp");

    /// <summary>The superuser's name; <c>postgres</c> when null.</summary>
    public ParameterResource? UserNameParameter { get; set; }

    /// <summary>The superuser's password.</summary>
    public ParameterResource PasswordParameter { get; set; }

    /// <summary>The databases: resource name to database name.</summary>
    public IReadOnlyDictionary<string, string> Databases => _databases;

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"Host={Part(EndpointProperty.Host)};Port={Part(EndpointProperty.Port)};Username={UserName};Password={PasswordParameter}");

    internal ReferenceExpression UserName =>
        UserNameParameter is null ? ReferenceExpression.Create($"{DefaultUser}") : ReferenceExpression.Create($"{UserNameParameter}");

    /// <inheritdoc/>
    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() => Properties(null);

    IServerProcess ILaunchable.CreateProcess() => new PostgresProcess(this);

    internal void AddDatabase(string resourceName, string databaseName) => _databases.Add(resourceName, databaseName);

    internal IEnumerable<KeyValuePair<string, ReferenceExpression>> Properties(string? database)
    {
        var path = database is null ? "" : "/" + database;
        yield return new("Host", ReferenceExpression.Create($"{Part(EndpointProperty.Host)}"));
        yield return new("Port", ReferenceExpression.Create($"{Part(EndpointProperty.Port)}"));
        yield return new("Username", UserName);
        yield return new("Password", ReferenceExpression.Create($"{PasswordParameter}"));
        yield return new("Uri", ReferenceExpression.Create(
            $"postgresql://{UserName:uri}:{PasswordParameter:uri}@{Part(EndpointProperty.HostAndPort)}{path}"));
        yield return new("JdbcConnectionString", ReferenceExpression.Create($"jdbc:postgresql://{Part(EndpointProperty.HostAndPort)}{path}"));
        if (database is not null) yield return new("DatabaseName", ReferenceExpression.Create($"{database}"));
    }

    private EndpointReferenceExpression Part(EndpointProperty property) => PrimaryEndpoint.Property(property);
}

/// <summary>A database on a PostgreSQL server.</summary>
public class PostgresDatabaseResource : Resource, IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString
{
    /// <summary>Makes the database.</summary>
    /// <param name="name">The resource's name.</param>
    /// <param name="databaseName">The database's name.</param>
    /// <param name="postgresParentResource">The server.</param>
    public PostgresDatabaseResource(string name, string databaseName, PostgresServerResource postgresParentResource)
        : base(name)
    {
        DatabaseName = databaseName;
        Parent = postgresParentResource;
    }

    /// <inheritdoc/>
    public PostgresServerResource Parent { get; }

    /// <summary>The database's name.</summary>
    public string DatabaseName { get; }

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{Parent.ConnectionStringExpression};Database={DatabaseName}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() => Parent.Properties(DatabaseName);
}

/// <summary>A Redis server.</summary>
public class RedisResource : Resource, IResourceWithEnvironment, IResourceWithConnectionString, IResourceWithEndpoints, IResourceWithWaitSupport, ILaunchable
{
    /// <summary>Makes the server.</summary>
    /// <param name="name">The name.</param>
    /// <param name="password">The password.</param>
    public RedisResource(string name, ParameterResource password)
        : base(name)
    {
        PasswordParameter = password;
        Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, name: "tcp"));
    }

    /// <summary>Where the server listens.</summary>
    public EndpointReference PrimaryEndpoint => new(this, "tcp");

    /// <summary>The password.</summary>
    public ParameterResource? PasswordParameter { get; }

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)},password={PasswordParameter!}");

    /// <inheritdoc/>
    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Host)}")),
        new("Port", ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Port)}")),
        new("Password", ReferenceExpression.Create($"{PasswordParameter!}")),
        new("Uri", ReferenceExpression.Create($"redis://:{PasswordParameter!:uri}@{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}")),
    ];

    IServerProcess ILaunchable.CreateProcess() => new RedisProcess(this);
}

/// <summary>A RabbitMQ broker.</summary>
public class RabbitMQServerResource : Resource, IResourceWithEnvironment, IResourceWithConnectionString, IResourceWithEndpoints, IResourceWithWaitSupport, ILaunchable
{
    internal const string DefaultUser = "guest";
    internal const string DistributionEndpoint = "distribution";
    internal const string NameServiceEndpoint = "epmd";

    /// <summary>Makes the broker.</summary>
    /// <param name="name">The name.</param>
    /// <param name="userName">The user's name; <c>guest</c> when null.</param>
    /// <param name="password">The user's password.</param>
    public RabbitMQServerResource(string name, ParameterResource? userName, ParameterResource password)
        : base(name)
    {
        UserNameParameter = userName;
        PasswordParameter = password;
        Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, name: "tcp", uriScheme: "amqp"));
    }

    /// <summary>Where the broker listens.</summary>
    public EndpointReference PrimaryEndpoint => new(this, "tcp");

    /// <summary>The user's name; <c>guest</c> when null.</summary>
    public ParameterResource? UserNameParameter { get; }

    /// <summary>The user's password.</summary>
    public ParameterResource PasswordParameter { get; }

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"amqp://{UserName:uri}:{PasswordParameter:uri}@{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}");

    internal ReferenceExpression UserName =>
        UserNameParameter is null ? ReferenceExpression.Create($"{DefaultUser}") : ReferenceExpression.Create($"{UserNameParameter}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Host)}")),
        new("Port", ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Port)}")),
        new("Username", UserName),
        new("Password", ReferenceExpression.Create($"{PasswordParameter}")),
        new("Uri", ConnectionStringExpression),
    ];

    IServerProcess ILaunchable.CreateProcess() => new RabbitMqProcess(this);
}

/// <summary>A .NET project that runs as a service or to its end.</summary>
public class ProjectResource : Resource, IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport, ILaunchable
{
    /// <summary>Makes the project resource.</summary>
    /// <param name="name">The name.</param>
    public ProjectResource(string name)
        : base(name)
    {
    }

    internal ProjectTarget? Target { get; set; }

    IServerProcess ILaunchable.CreateProcess() => new ProjectProcess(this);
}

/// <summary>A program that runs as it is.</summary>
public class ExecutableResource : Resource, IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, ILaunchable
{
    /// <summary>Makes the executable resource.</summary>
    /// <param name="name">The name.</param>
    /// <param name="command">The program's file or name on the search path.</param>
    /// <param name="workingDirectory">Where it runs.</param>
    public ExecutableResource(string name, string command, string workingDirectory)
        : base(name)
    {
        Command = command;
        WorkingDirectory = workingDirectory;
    }

    /// <summary>The program.</summary>
    public string Command { get; }

    /// <summary>Where it runs.</summary>
    public string WorkingDirectory { get; }

    IServerProcess ILaunchable.CreateProcess() => new ExecutableProcess(this);
}
