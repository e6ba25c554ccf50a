using System.Globalization;
using System.Text;

namespace GeminiBalance.LocalEngine;

/// <summary>
/// Runs RabbitMQ with an Erlang name service of its own: the one Erlang would start by itself outlives everything
/// and is shared by all brokers of the machine.
/// </summary>
internal sealed class RabbitMqProcess(RabbitMQServerResource resource) : IServerProcess
{
    private const string Distribution = "distribution";
    private const string NameService = "epmd";
    // The script of that name on the search path is a wrapper that changes user and folder.
    private static readonly string[] _scripts = ["/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server"];
    private Child? _nameService;

    public IEnumerable<string> InternalPorts => [Distribution, NameService];

    public TimeSpan Patience => TimeSpan.FromSeconds(5);

    private static string? Script => Array.Find(_scripts, File.Exists);

    public MissingProgram? FindMissing(RunContext context) =>
        Script is null || NameServiceProgram() is null ? new("RabbitMQ (rabbitmq-server, epmd)", "rabbitmq-server") : null;

    public async Task PrepareAsync(RunContext context, CancellationToken cancellationToken)
    {
        if (_nameService is { Exited.IsCompleted: false }) return;
        Launch launch = new(NameServiceProgram()!, ["-port", Text(context.InternalPort(NameService)), "-address", "127.0.0.1"], context.Folder)
        {
            OnOrphaned = Signal.Kill,
        };
        _nameService = await context.Spawner.StartAsync(launch, context.Log.Line).ConfigureAwait(false);
    }

    public async Task<Launch> DescribeAsync(RunContext context, Replica replica, CancellationToken cancellationToken)
    {
        string Folder(string name)
        {
            var folder = Path.Combine(context.Folder, name);
            PrivateFiles.CreateFolder(folder);
            return folder;
        }

        var user = await resource.UserName.GetValueAsync(cancellationToken).ConfigureAwait(false);
        var password = await resource.PasswordParameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
        var port = replica.Ports[resource.PrimaryEndpoint.EndpointAnnotation];
        // Erlang terms: the other format is translated at every start, and its quoting rules are weaker.
        var configuration = string.Create(CultureInfo.InvariantCulture, $$"""
            [{rabbit, [{tcp_listeners, [{"127.0.0.1", {{port}} }]},
                       {default_user, {{Binary(user!)}} },
                       {default_pass, {{Binary(password!)}} },
                       {log, [{console, [{enabled, true}, {level, warning}]}, {file, [{file, false}]}]}]},
             {kernel, [{inet_dist_use_interface, {127, 0, 0, 1} }]}].
            """);
        var file = Path.Combine(context.Folder, "rabbitmq.config");
        PrivateFiles.Write(file, Encoding.ASCII.GetBytes(configuration + "\n"));
        var plugins = Path.Combine(context.Folder, "enabled_plugins");
        PrivateFiles.Write(plugins, "[].\n"u8);
        return new Launch(Script!, [], context.Folder)
        {
            Environment = new Dictionary<string, string>
            {
                ["HOME"] = Folder("home"),
                // A node name with the port in it would make a new, empty database when the port changes.
                ["RABBITMQ_NODENAME"] = "gb@localhost",
                ["RABBITMQ_MNESIA_BASE"] = Folder("data"),
                ["RABBITMQ_LOG_BASE"] = Folder("logs"),
                ["RABBITMQ_GENERATED_CONFIG_DIR"] = Folder("generated"),
                ["RABBITMQ_CONFIG_FILE"] = file,
                ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(context.Folder, "none.config"),
                ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
                ["RABBITMQ_ENABLED_PLUGINS_FILE"] = plugins,
                ["RABBITMQ_DIST_PORT"] = Text(context.InternalPort(Distribution)),
                ["ERL_EPMD_PORT"] = Text(context.InternalPort(NameService)),
                ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
                ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-start_epmd false",
                // With these two the script becomes the broker instead of waiting for it: signals arrive, nothing is left between.
                ["RABBITMQ_ALLOW_INPUT"] = "1",
                ["RABBITMQ_SERVER_START_ARGS"] = "-noinput",
            },
        };
    }

    public async Task ProbeAsync(RunContext context, Replica replica, CancellationToken cancellationToken)
    {
        var user = await resource.UserName.GetValueAsync(cancellationToken).ConfigureAwait(false);
        var password = await resource.PasswordParameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
        await AmqpProbe.RunAsync(replica.Ports[resource.PrimaryEndpoint.EndpointAnnotation], user!, password!, cancellationToken).ConfigureAwait(false);
    }

    public async Task OnStoppedAsync()
    {
        if (_nameService is { } child) await child.StopAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
    }

    private static string? NameServiceProgram() => Programs.Find("epmd", "/usr/lib/erlang/bin", "/usr/local/lib/erlang/bin");

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Binary(string value) =>
        "<<" + string.Join(',', Encoding.UTF8.GetBytes(value).Select(b => b.ToString(CultureInfo.InvariantCulture))) + ">>";
}
