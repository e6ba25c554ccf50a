namespace GeminiBalance.LocalEngine;

/// <summary>Adds PostgreSQL servers and databases.</summary>
public static class PostgresBuilderExtensions
{
    /// <summary>Adds a server.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="userName">The superuser's name; <c>postgres</c> when null.</param>
    /// <param name="password">Its password; generated and kept as parameter <c>name-password</c> when null.</param>
    /// <param name="port">The preferred port.</param>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null)
    {
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, name + "-password");
        PostgresServerResource server = new(name, userName?.Resource, secret);
        server.PrimaryEndpoint.EndpointAnnotation.Port = port;
        return builder.AddResource(server).WithAnnotation(new HealthCheckAnnotation(name + "_check"));
    }

    /// <summary>Adds a database, created when the server is healthy for the first time.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="name">The resource's name.</param>
    /// <param name="databaseName">The database's name; the resource's when null.</param>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        PostgresDatabaseResource database = new(name, databaseName ?? name, builder.Resource);
        var added = builder.ApplicationBuilder.AddResource(database).WithAnnotation(new HealthCheckAnnotation(name + "_check"));
        builder.Resource.AddDatabase(name, database.DatabaseName);
        return added;
    }

    /// <summary>Keeps the data over restarts. The Local engine keeps it in the data folder with or without this.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="name">Name of the volume, where volumes exist.</param>
    /// <param name="isReadOnly">Whether it is read only, where volumes exist.</param>
    public static IResourceBuilder<PostgresServerResource> WithDataVolume(
        this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) => builder;
}

/// <summary>Adds Redis servers.</summary>
public static class RedisBuilderExtensions
{
    /// <summary>Adds a server.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="port">The preferred port.</param>
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port) =>
        builder.AddRedis(name, port, null);

    /// <summary>Adds a server.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="port">The preferred port.</param>
    /// <param name="password">The password; generated and kept as parameter <c>name-password</c> when null.</param>
    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
    {
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, name + "-password", special: false);
        RedisResource server = new(name, secret);
        server.PrimaryEndpoint.EndpointAnnotation.Port = port;
        return builder.AddResource(server).WithAnnotation(new HealthCheckAnnotation(name + "_check"));
    }

    /// <summary>Keeps the data in a volume. The Local engine keeps it in the data folder with <see cref="WithPersistence"/>.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="name">Name of the volume, where volumes exist.</param>
    /// <param name="isReadOnly">Whether it is read only, where volumes exist.</param>
    public static IResourceBuilder<RedisResource> WithDataVolume(
        this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false) =>
        isReadOnly ? builder : builder.WithPersistence();

    /// <summary>Writes the data to disk now and then.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="interval">How often at most; every 60 seconds when null.</param>
    /// <param name="keysChangedThreshold">After how many changes at least.</param>
    public static IResourceBuilder<RedisResource> WithPersistence(
        this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1) =>
        builder.WithAnnotation(
            new PersistenceAnnotation(interval ?? TimeSpan.FromSeconds(60), keysChangedThreshold), ResourceAnnotationMutationBehavior.Replace);
}

/// <summary>Adds RabbitMQ brokers.</summary>
public static class RabbitMQBuilderExtensions
{
    /// <summary>Adds a broker.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="userName">The user's name; <c>guest</c> when null.</param>
    /// <param name="password">Its password; generated and kept as parameter <c>name-password</c> when null.</param>
    /// <param name="port">The preferred port.</param>
    public static IResourceBuilder<RabbitMQServerResource> AddRabbitMQ(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null)
    {
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, name + "-password", special: false);
        RabbitMQServerResource broker = new(name, userName?.Resource, secret);
        broker.PrimaryEndpoint.EndpointAnnotation.Port = port;
        return builder.AddResource(broker).WithAnnotation(new HealthCheckAnnotation(name + "_check"));
    }

    /// <summary>Keeps the data over restarts. The Local engine keeps it in the data folder with or without this.</summary>
    /// <param name="builder">The broker.</param>
    /// <param name="name">Name of the volume, where volumes exist.</param>
    /// <param name="isReadOnly">Whether it is read only, where volumes exist.</param>
    public static IResourceBuilder<RabbitMQServerResource> WithDataVolume(
        this IResourceBuilder<RabbitMQServerResource> builder, string? name = null, bool isReadOnly = false) => builder;
}

/// <summary>Adds programs.</summary>
public static class ExecutableResourceBuilderExtensions
{
    /// <summary>Adds a program.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="command">The program's file or name on the search path.</param>
    /// <param name="workingDirectory">Where it runs, from the AppHost's folder.</param>
    /// <param name="args">Its arguments.</param>
    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[]? args)
    {
        ExecutableResource resource = new(name, command, Path.GetFullPath(workingDirectory, builder.AppHostDirectory));
        return builder.AddResource(resource).WithArgs(args ?? []);
    }
}

/// <summary>Adds parameters.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>Adds a value that the operator gives as <c>Parameters:name</c>.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="secret">Whether it must not be shown.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(Create(builder, name, secret, persist: false));

    /// <summary>Adds a value that is known.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    /// <param name="publishValueAsDefault">Whether deployment files show it as the default.</param>
    /// <param name="secret">Whether it must not be shown.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => value, secret));

    /// <summary>Adds a value that the operator gives as <c>Parameters:name</c>, or that is made.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">Makes the value when none is given.</param>
    /// <param name="secret">Whether it must not be shown.</param>
    /// <param name="persist">Whether a made value is kept for the next start.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        var parameter = Create(builder, name, secret, persist);
        parameter.Default = value;
        return builder.AddResource(parameter);
    }

    /// <summary>Makes a password parameter: 22 random characters, kept for the next start. It is not added to the application.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="lower">Whether lower-case letters may appear.</param>
    /// <param name="upper">Whether upper-case letters may appear.</param>
    /// <param name="numeric">Whether digits may appear.</param>
    /// <param name="special">Whether punctuation may appear.</param>
    /// <param name="minLower">Not used: the Local engine puts one of each kind.</param>
    /// <param name="minUpper">Not used.</param>
    /// <param name="minNumeric">Not used.</param>
    /// <param name="minSpecial">Not used.</param>
    public static ParameterResource CreateDefaultPasswordParameter(
        IDistributedApplicationBuilder builder,
        string name,
        bool lower = true,
        bool upper = true,
        bool numeric = true,
        bool special = true,
        int minLower = 0,
        int minUpper = 0,
        int minNumeric = 0,
        int minSpecial = 0)
    {
        var parameter = Create(builder, name, secret: true, persist: true);
        parameter.Default = new GenerateParameterDefault { MinLength = 22, Lower = lower, Upper = upper, Numeric = numeric, Special = special };
        return parameter;
    }

    private static ParameterResource Create(IDistributedApplicationBuilder builder, string name, bool secret, bool persist)
    {
        var store = ((ILocalBuilder)builder).Parameters;
        var configuration = builder.Configuration;
        return new ParameterResource(name, @default => store.Resolve(configuration, name, @default, persist), secret);
    }
}
