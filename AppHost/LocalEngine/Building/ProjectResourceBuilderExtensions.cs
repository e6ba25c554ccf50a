using System.Net.Sockets;
using System.Text.Json;

namespace GeminiBalance.LocalEngine;

/// <summary>Adds .NET projects.</summary>
public static class ProjectResourceBuilderExtensions
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNameCaseInsensitive = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Adds a project with its first launch profile.</summary>
    /// <typeparam name="TProject">The project, from the generated namespace <c>Projects</c>.</typeparam>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name, _ => { });

    /// <summary>Adds a project with a launch profile.</summary>
    /// <typeparam name="TProject">The project, from the generated namespace <c>Projects</c>.</typeparam>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="launchProfileName">The profile; none when null.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new() =>
        builder.AddProject<TProject>(name, options =>
        {
            options.ExcludeLaunchProfile = launchProfileName is null;
            options.LaunchProfileName = launchProfileName;
        });

    /// <summary>Adds a project.</summary>
    /// <typeparam name="TProject">The project, from the generated namespace <c>Projects</c>.</typeparam>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name.</param>
    /// <param name="configure">Says how.</param>
    /// <exception cref="DistributedApplicationException">The launch profile does not exist.</exception>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new()
    {
        ProjectResourceOptions options = new();
        configure(options);
        TProject project = new();
        var profile = options.ExcludeLaunchProfile ? null : FindProfile(project, options.LaunchProfileName);
        var assembly = AssemblyFacts.TargetOf(typeof(TProject).Assembly, project.ProjectPath)
            ?? throw new DistributedApplicationException($"The build did not say where the assembly of {project.ProjectPath} lies: rebuild the AppHost.");
        ProjectResource resource = new(name) { Target = new ProjectTarget(project.ProjectPath, assembly, profile?.Key, profile?.Value) };
        var added = builder.AddResource(resource).WithAnnotation<IProjectMetadata>(project);
        foreach (var endpoint in EndpointsOf(profile?.Value)) added.WithAnnotation(endpoint);
        return added;
    }

    /// <summary>Runs several instances of a project behind one port.</summary>
    /// <param name="builder">The project.</param>
    /// <param name="replicas">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one.</exception>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }

    private static KeyValuePair<string, LaunchProfile>? FindProfile(IProjectMetadata project, string? name)
    {
        var settings = project.LaunchSettings ?? ReadLaunchSettings(project.ProjectPath);
        var profiles = settings?.Profiles.Where(p => p.Value.CommandName is null or "Project").ToArray() ?? [];
        if (name is null) return profiles.Length == 0 ? null : profiles[0];
        var found = profiles.Where(p => p.Key == name).ToArray();
        return found.Length == 1
            ? found[0]
            : throw new DistributedApplicationException($"Launch settings of {project.ProjectPath} have no project profile '{name}'.");
    }

    private static LaunchSettings? ReadLaunchSettings(string projectPath)
    {
        var file = Path.Combine(Path.GetDirectoryName(projectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(file)) return null;
        try
        {
            return JsonSerializer.Deserialize<LaunchSettings>(File.ReadAllBytes(file), _json);
        }
        catch (JsonException e)
        {
            throw new DistributedApplicationException($"{file} cannot be read: {e.Message}", e);
        }
    }

    private static IEnumerable<EndpointAnnotation> EndpointsOf(LaunchProfile? profile)
    {
        HashSet<string> names = [];
        foreach (var text in (profile?.ApplicationUrl ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var url = new Uri(text);
            var name = url.Scheme;
            for (var n = 2; !names.Add(name); n++) name = url.Scheme + n.ToString(System.Globalization.CultureInfo.InvariantCulture);
            yield return new EndpointAnnotation(ProtocolType.Tcp, url.Scheme, name: name, port: url.Port);
        }
    }
}
