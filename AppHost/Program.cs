using GeminiBalance.AppHost;
using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);
var demo = builder.Configuration.GetValue("Demo", false);
var data = builder.Configuration["DataFolder"] ?? Path.Combine(builder.AppHostDirectory, "..", ".local");

var postgres = builder.AddPostgres(ResourceNames.Postgres).WithDataVolume();
var database = postgres.AddDatabase(ResourceNames.Database);
if (builder.Configuration.GetValue("DatabaseOnly", false))
{
    // While a backup is put back nobody else may look, and no secret of the services is kept that nobody has proven.
    builder.Build().Run();
    return;
}

var encryptionKey = Generated("encryption-key", 44);
var serviceToken = Generated("service-token", 44);
var adminPassword = Generated("admin-password", 20);

var redis = builder.AddRedis(ResourceNames.Redis).WithPersistence();
var messaging = builder.AddRabbitMQ(ResourceNames.Messaging).WithDataVolume();

// Neither needs the broker to serve; started before it, they would knock in growing intervals.
var keyHealth = Service<Projects.KeyHealthService>(ResourceNames.KeyHealth)
    .WithReference(database).WithReference(redis).WithReference(messaging)
    .WithEnvironment("Encryption__Key", encryptionKey)
    .WaitForCompletion(Migration<Projects.KeyHealthService>(ResourceNames.KeyHealth).WithEnvironment("Encryption__Key", encryptionKey))
    .WaitFor(redis).WaitFor(messaging);

var stats = Service<Projects.StatsService>(ResourceNames.Stats)
    .WithReference(database).WithReference(messaging).WithReference(keyHealth)
    .WaitForCompletion(Migration<Projects.StatsService>(ResourceNames.Stats))
    .WaitFor(messaging);

var proxy = Service<Projects.ProxyService>(ResourceNames.Proxy)
    .WithReference(redis).WithReference(messaging).WithReference(keyHealth).WithReference(stats)
    .WithEnvironment("Encryption__Key", encryptionKey).WithEnvironment("Limits__Replicas", builder.Configuration["Replicas:" + ResourceNames.Proxy] ?? "1")
    .WithEnvironment("Journal__Folder", Path.GetFullPath(Path.Combine(data, ResourceNames.Proxy, "journal")))
    .WithEnvironment("Pool__DiskCopy", Path.GetFullPath(Path.Combine(data, ResourceNames.Proxy, "pool.snapshot")))
    .WithExternalHttpEndpoints()
    .WaitFor(redis).WaitFor(keyHealth);

var admin = Service<Projects.AdminUi>(ResourceNames.Admin)
    .WithReference(database).WithReference(keyHealth).WithReference(stats).WithReference(proxy)
    .WithEnvironment("Identity__FirstPassword", adminPassword)
    .WithExternalHttpEndpoints()
    .WaitForCompletion(Migration<Projects.AdminUi>(ResourceNames.Admin).WithEnvironment("Identity__FirstPassword", adminPassword));

if (demo)
{
    var gemini = builder.AddProject<Projects.GeminiSimulator>(ResourceNames.Simulator).WithHttpHealthCheck("/health").GetEndpoint("http");
    proxy.WithEnvironment("Gemini__BaseAddress", gemini);
    keyHealth.WithEnvironment("Gemini__BaseAddress", gemini);
    admin.WithEnvironment("Demo", "true");
}
else if (builder.Configuration["Gemini:BaseAddress"] is { Length: > 0 } gemini)
{
    proxy.WithEnvironment("Gemini__BaseAddress", gemini);
    keyHealth.WithEnvironment("Gemini__BaseAddress", gemini);
}

builder.Build().Run();

IResourceBuilder<ParameterResource> Generated(string name, int length) =>
    builder.AddParameter(name, new GenerateParameterDefault { MinLength = length, Special = false }, secret: true, persist: true);

IResourceBuilder<ProjectResource> Service<TProject>(string name) where TProject : IProjectMetadata, new() =>
    builder.AddProject<TProject>(name)
        .WithReplicas(builder.Configuration.GetValue("Replicas:" + name, 1))
        .WithEnvironment("ServiceAuth__Token", serviceToken)
        .WithHttpHealthCheck("/health");

IResourceBuilder<ProjectResource> Migration<TProject>(string name) where TProject : IProjectMetadata, new() =>
    builder.AddProject<TProject>(name + ResourceNames.MigrateSuffix, options => options.ExcludeLaunchProfile = true)
        .WithArgs("migrate")
        .WithReference(database)
        .WithEnvironment("ServiceAuth__Token", serviceToken)
        .WaitFor(database);
