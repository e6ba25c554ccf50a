using System.Collections.ObjectModel;

namespace GeminiBalance.LocalEngine;

/// <summary>Base of all resources.</summary>
public abstract class Resource : IResource
{
    private protected Resource(string name)
    {
        ResourceNameRules.Check(name);
        Name = name;
    }

    /// <inheritdoc/>
    public virtual string Name { get; }

    /// <inheritdoc/>
    public virtual ResourceAnnotationCollection Annotations { get; } = new();
}

/// <summary>What has been said about a resource, in the order it was said.</summary>
public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection
{
    protected override void InsertItem(int index, IResource item)
    {
        if (this.FirstOrDefault(r => string.Equals(r.Name, item.Name, StringComparison.OrdinalIgnoreCase)) is { } other)
            throw new DistributedApplicationException(
                $"Cannot add resource '{item.Name}': a resource named '{other.Name}' exists, and names are compared without case.");
        base.InsertItem(index, item);
    }
}

internal static class ResourceNameRules
{
    public static void Check(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var fault = name switch
        {
            { Length: > 64 } => "it is longer than 64 characters",
            _ when !char.IsAsciiLetter(name[0]) => "it does not start with an ASCII letter",
            _ when name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '-') => "it has a character that is no ASCII letter, digit or hyphen",
            _ when name.EndsWith('-') => "it ends with a hyphen",
            _ when name.Contains("--", StringComparison.Ordinal) => "it has two hyphens in a row",
            _ => null,
        };
        if (fault is not null)
            throw new ArgumentException($"'{name}' is no valid resource name: {fault}.", nameof(name));
    }
}

/// <summary>The application cannot be built or started as asked. The message is meant for the person who starts it.</summary>
public class DistributedApplicationException : Exception
{
    /// <summary>Without a message.</summary>
    public DistributedApplicationException()
    {
    }

    /// <summary>With a message.</summary>
    /// <param name="message">What is wrong and how to put it right.</param>
    public DistributedApplicationException(string message) : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    /// <param name="message">What is wrong and how to put it right.</param>
    /// <param name="inner">The cause.</param>
    public DistributedApplicationException(string message, Exception inner) : base(message, inner)
    {
    }
}

/// <summary>A parameter has no value and nothing to make one from.</summary>
public class MissingParameterValueException : DistributedApplicationException
{
    /// <summary>With a message.</summary>
    /// <param name="message">Names the setting.</param>
    public MissingParameterValueException(string message) : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    /// <param name="message">Names the setting.</param>
    /// <param name="innerException">The cause.</param>
    public MissingParameterValueException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
