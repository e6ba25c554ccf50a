using System.Reflection;
using Xunit;

namespace GeminiBalance.AppHost.Tests;

/// <summary>The map compiles against Aspire as long as everything public here is public there too.</summary>
public sealed class ApiListTests
{
    [Fact]
    public void LocalEngine_EveryPublicMember_IsInAspiresApi()
    {
        var aspire = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "aspire-hosting-api.txt"))
            .Where(line => !line.StartsWith('#'))
            .Select(WithoutNamespace)
            .ToHashSet();

        var own = typeof(DistributedApplication).Assembly.GetExportedTypes().SelectMany(Describe).ToArray();

        Assert.True(own.Length > 200, $"only {own.Length} members were seen");
        Assert.Equal([], own.Where(member => !aspire.Contains(member)));
    }

    [Fact]
    public void LocalEngine_PublicTypes_ShareOneNamespace() =>
        Assert.Equal(["GeminiBalance.LocalEngine"], typeof(DistributedApplication).Assembly.GetExportedTypes().Select(t => t.Namespace).Distinct());

    private static string WithoutNamespace(string line) => line[(line.IndexOf('|', StringComparison.Ordinal) + 2)..];

    private static IEnumerable<string> Describe(Type type)
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        List<string> members = [Kind(type)];
        members.AddRange(type.GetFields(Declared).Where(f => !f.IsSpecialName).Select(f => $"{(f.IsStatic ? "static " : "")}{Name(f.FieldType)} {f.Name}"));
        members.AddRange(type.GetProperties(Declared).Select(Property));
        if (!type.IsEnum)
        {
            members.AddRange(type.GetConstructors(Declared).Where(c => !c.IsStatic).Select(c => $"new({Parameters(c)})"));
            members.AddRange(type.GetMethods(Declared).Where(m => !m.IsSpecialName).Select(Method));
        }

        return members.Select(member => $"{Name(type)} | {member}");
    }

    private static string Kind(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Property(PropertyInfo property) =>
        $"{Name(property.PropertyType)} {property.Name} {{{(property.GetMethod is { IsPublic: true } ? "get;" : "")}{(property.SetMethod is { IsPublic: true } ? "set;" : "")}}}";

    private static string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(',', method.GetGenericArguments().Select(a => a.Name))}>" : "";
        return $"{(method.IsStatic ? "static " : "")}{Name(method.ReturnType)} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}{(p.IsOptional ? "=" : "")}"));

    private static string Name(Type type)
    {
        if (type.IsByRef) return Name(type.GetElementType()!) + "&";
        if (type.IsArray) return Name(type.GetElementType()!) + "[]";
        if (!type.IsGenericType) return type.Name;
        var tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? type.Name : $"{type.Name[..tick]}<{string.Join(',', type.GetGenericArguments().Select(Name))}>";
    }
}
