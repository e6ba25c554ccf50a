using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.LocalEngine;

/// <summary>Collects the resources of an application.</summary>
public interface IDistributedApplicationBuilder
{
    /// <summary>Settings: appsettings.json, environment variables, command line.</summary>
    ConfigurationManager Configuration { get; }

    /// <summary>Folder of the AppHost project.</summary>
    string AppHostDirectory { get; }

    /// <summary>The AppHost's assembly.</summary>
    Assembly? AppHostAssembly { get; }

    /// <summary>The AppHost's own environment.</summary>
    IHostEnvironment Environment { get; }

    /// <summary>The AppHost's own services.</summary>
    IServiceCollection Services { get; }

    /// <summary>What the AppHost is doing.</summary>
    DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>The resources added so far.</summary>
    IResourceCollection Resources { get; }

    /// <summary>Adds a resource.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="resource">The resource.</param>
    IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource;

    /// <summary>Configures a resource without adding it.</summary>
    /// <typeparam name="T">Type of the resource.</typeparam>
    /// <param name="resource">The resource.</param>
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource;

    /// <summary>Makes the application.</summary>
    DistributedApplication Build();
}

/// <summary>How an application is made.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>Command line arguments.</summary>
    public string[]? Args { get; set; }

    /// <summary>Name of the AppHost's assembly; the entry assembly when null.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>Whether the failure of a resource ends the waits for it, as no dashboard could start it again.</summary>
    public bool DisableDashboard { get; set; }
}

/// <summary>What the AppHost is doing.</summary>
public class DistributedApplicationExecutionContext
{
    /// <summary>Says what.</summary>
    /// <param name="operation">What.</param>
    public DistributedApplicationExecutionContext(DistributedApplicationOperation operation) => Operation = operation;

    /// <summary>What it is doing.</summary>
    public DistributedApplicationOperation Operation { get; }

    /// <summary>Whether it runs the application.</summary>
    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    /// <summary>Whether it writes deployment files; the Local engine never does.</summary>
    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;
}

/// <summary>What an AppHost can do.</summary>
public enum DistributedApplicationOperation
{
    /// <summary>Run the application.</summary>
    Run,

    /// <summary>Write deployment files.</summary>
    Publish,
}

internal sealed class ResourceBuilder<T>(IDistributedApplicationBuilder application, T resource) : IResourceBuilder<T>
    where T : IResource
{
    public IDistributedApplicationBuilder ApplicationBuilder => application;

    public T Resource => resource;

    public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior)
        where TAnnotation : IResourceAnnotation
    {
        if (behavior == ResourceAnnotationMutationBehavior.Replace)
        {
            foreach (var old in resource.Annotations.OfType<TAnnotation>().ToArray()) resource.Annotations.Remove(old);
        }

        resource.Annotations.Add(annotation);
        return this;
    }
}
