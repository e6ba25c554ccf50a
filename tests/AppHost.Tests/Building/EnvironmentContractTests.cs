using Xunit;

namespace GeminiBalance.AppHost.Tests.Building;

/// <summary>The services read these variables under either engine, on Kubernetes and by hand.</summary>
public sealed class EnvironmentContractTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly IDistributedApplicationTestingBuilder _builder;

    public EnvironmentContractTests() => _builder = DistributedApplicationTestingBuilder.Create("--DataFolder=" + _folder.Path);

    public void Dispose()
    {
        _builder.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Database_Reference_GivesConnectionStringAndParts()
    {
        var password = _builder.AddParameter("pg", "p w/1", secret: true);
        var database = _builder.AddPostgres("postgres", password: password).AddDatabase("gemini-balance", "gb");
        Listen(database.Resource.Parent, "tcp", 5001);

        var variables = await VariablesAsync(_builder.AddExecutable("app", "true", "/").WithReference(database));

        Assert.Equal("Host=127.0.0.1;Port=5001;Username=postgres;Password=p w/1;Database=gb", variables["ConnectionStrings__gemini-balance"]);
        Assert.Equal("127.0.0.1", variables["GEMINI_BALANCE_HOST"]);
        Assert.Equal("5001", variables["GEMINI_BALANCE_PORT"]);
        Assert.Equal("postgres", variables["GEMINI_BALANCE_USERNAME"]);
        Assert.Equal("p w/1", variables["GEMINI_BALANCE_PASSWORD"]);
        Assert.Equal("postgresql://postgres:p%20w%2F1@127.0.0.1:5001/gb", variables["GEMINI_BALANCE_URI"]);
        Assert.Equal("jdbc:postgresql://127.0.0.1:5001/gb", variables["GEMINI_BALANCE_JDBCCONNECTIONSTRING"]);
        Assert.Equal("gb", variables["GEMINI_BALANCE_DATABASENAME"]);
    }

    [Fact]
    public async Task Redis_Reference_GivesConnectionString()
    {
        var redis = _builder.AddRedis("redis", password: _builder.AddParameter("r", "secret"));
        Listen(redis.Resource, "tcp", 5002);

        var variables = await VariablesAsync(_builder.AddExecutable("app", "true", "/").WithReference(redis, "cache"));

        Assert.Equal("127.0.0.1:5002,password=secret", variables["ConnectionStrings__cache"]);
        Assert.Equal("redis://:secret@127.0.0.1:5002", variables["CACHE_URI"]);
    }

    [Fact]
    public async Task RabbitMq_Reference_EscapesThePassword()
    {
        var broker = _builder.AddRabbitMQ("messaging", password: _builder.AddParameter("q", "a@b:c"));
        Listen(broker.Resource, "tcp", 5003);

        var variables = await VariablesAsync(_builder.AddExecutable("app", "true", "/").WithReference(broker));

        Assert.Equal("amqp://guest:a%40b%3Ac@127.0.0.1:5003", variables["ConnectionStrings__messaging"]);
        Assert.Equal("guest", variables["MESSAGING_USERNAME"]);
    }

    [Fact]
    public async Task Project_Reference_GivesServiceDiscoveryAndAddress()
    {
        var service = _builder.AddResource(new ProjectResource("key-health")).WithHttpEndpoint().WithHttpEndpoint(name: "internal");
        Listen(service.Resource, "http", 5004);
        Listen(service.Resource, "internal", 5005);

        var variables = await VariablesAsync(_builder.AddExecutable("app", "true", "/").WithReference(service));

        Assert.Equal("http://localhost:5004", variables["services__key-health__http__0"]);
        Assert.Equal("http://localhost:5005", variables["services__key-health__http__1"]);
        Assert.Equal("http://localhost:5004", variables["KEY_HEALTH_HTTP"]);
        Assert.Equal("http://localhost:5005", variables["KEY_HEALTH_INTERNAL"]);
    }

    [Fact]
    public async Task Variables_OfEveryKind_AreResolved()
    {
        var parameter = _builder.AddParameter("token", "t0");
        var service = _builder.AddResource(new ProjectResource("proxy")).WithHttpEndpoint();
        Listen(service.Resource, "http", 5006);

        var variables = await VariablesAsync(_builder.AddExecutable("app", "true", "/")
            .WithEnvironment("PLAIN", "x")
            .WithEnvironment("PARAMETER", parameter)
            .WithEnvironment("ADDRESS", service.GetEndpoint("http"))
            .WithEnvironment("TEXT", ReferenceExpression.Create($"{{{parameter.Resource}}}")));

        Assert.Equal("x", variables["PLAIN"]);
        Assert.Equal("t0", variables["PARAMETER"]);
        Assert.Equal("http://localhost:5006", variables["ADDRESS"]);
        Assert.Equal("{t0}", variables["TEXT"]);
    }

    [Fact]
    public void Endpoint_BeforeTheStart_HasNoPort()
    {
        var service = _builder.AddResource(new ProjectResource("proxy")).WithHttpEndpoint();

        var refusal = Assert.Throws<DistributedApplicationException>(() => service.GetEndpoint("http").Url);

        Assert.Contains("'proxy'", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<DistributedApplicationException>(() => service.GetEndpoint("grpc").Scheme);
    }

    [Fact]
    public void HealthCheck_Twice_IsRefused()
    {
        var service = _builder.AddResource(new ProjectResource("proxy")).WithHttpEndpoint().WithHttpHealthCheck("/health");

        Assert.Throws<DistributedApplicationException>(() => service.WithHttpHealthCheck("/health"));
    }

    private static void Listen(IResource resource, string endpoint, int port) =>
        resource.Annotations.OfType<EndpointAnnotation>().Single(e => e.Name == endpoint).AllocatedPort = port;

    private async Task<Dictionary<string, string>> VariablesAsync(IResourceBuilder<IResource> resource) =>
        await new RunContext(resource.Resource, null!, null!, null!, null!, _builder.ExecutionContext, new Dictionary<string, int>())
            .ResolveEnvironmentAsync(TestContext.Current.CancellationToken);
}
