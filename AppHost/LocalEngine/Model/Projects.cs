namespace GeminiBalance.LocalEngine;

/// <summary>Where a project lies. The build writes one for each project the AppHost refers to.</summary>
public interface IProjectMetadata : IResourceAnnotation
{
    /// <summary>Full path of the project file.</summary>
    string ProjectPath { get; }

    /// <summary>The launch settings, when they do not come from the project's own file.</summary>
    LaunchSettings? LaunchSettings => null;

    /// <summary>Whether the project is built already.</summary>
    bool SuppressBuild => false;
}

/// <summary>What <c>Properties/launchSettings.json</c> says.</summary>
public sealed class LaunchSettings
{
    /// <summary>The profiles by name.</summary>
    public Dictionary<string, LaunchProfile> Profiles { get; set; } = [];
}

/// <summary>A way to launch a project.</summary>
public sealed class LaunchProfile
{
    /// <summary>What is launched: <c>Project</c> for the project itself.</summary>
    public string? CommandName { get; set; }

    /// <summary>The addresses to listen on, separated by semicolons.</summary>
    public string? ApplicationUrl { get; set; }

    /// <summary>Environment variables.</summary>
    public Dictionary<string, string> EnvironmentVariables { get; set; } = [];
}

/// <summary>How a project is added.</summary>
public class ProjectResourceOptions
{
    /// <summary>The launch profile to use; the first one of the project itself when null.</summary>
    public string? LaunchProfileName { get; set; }

    /// <summary>Whether the launch settings are left out.</summary>
    public bool ExcludeLaunchProfile { get; set; }

    /// <summary>Whether endpoints of the project's own configuration are left out; the Local engine never reads them.</summary>
    public bool ExcludeKestrelEndpoints { get; set; }
}

/// <summary>A built project: its file, its assembly, and the profile it is launched with.</summary>
internal sealed record ProjectTarget(string ProjectPath, string AssemblyPath, string? ProfileName, LaunchProfile? Profile);
