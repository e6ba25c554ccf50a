using System.Reflection;
using Microsoft.AspNetCore.Http.HttpResults;

namespace GeminiBalance.StatsService.Views;

/// <summary>
/// Refuses query parameters an endpoint does not know, has been given twice or without a value: left out of account, a misspelt filter would let
/// more through than was wanted.
/// </summary>
internal static class KnownParameters
{
    /// <summary>Does so for every endpoint of the group, by the texts its handler takes.</summary>
    public static RouteGroupBuilder RefuseUnknownParameters(this RouteGroupBuilder group) => group.AddEndpointFilterFactory((endpoint, next) =>
    {
        var known = Of(endpoint.MethodInfo).ToDictionary(one => one.Name, one => one.Many, StringComparer.OrdinalIgnoreCase);
        return call => Fault(call.HttpContext, known) is { } fault ? ValueTask.FromResult<object?>(fault) : next(call);
    });

    private static IEnumerable<(string Name, bool Many)> Of(MethodInfo handler)
    {
        foreach (var parameter in handler.GetParameters())
        {
            if (parameter.GetCustomAttribute<AsParametersAttribute>() is not null)
            {
                foreach (var property in parameter.ParameterType.GetProperties().Where(property => IsText(property.PropertyType)))
                {
                    yield return (char.ToLowerInvariant(property.Name[0]) + property.Name[1..], property.PropertyType.IsArray);
                }
            }
            else if (IsText(parameter.ParameterType))
            {
                yield return (parameter.Name!, parameter.ParameterType.IsArray);
            }
        }
    }

    private static bool IsText(Type type) => type == typeof(string) || type == typeof(string[]);

    private static ProblemHttpResult? Fault(HttpContext context, Dictionary<string, bool> known)
    {
        var inPath = context.Request.RouteValues;
        foreach (var (name, values) in context.Request.Query)
        {
            if (!known.TryGetValue(name, out var many) || inPath.ContainsKey(name))
            {
                var names = known.Keys.Where(one => !inPath.ContainsKey(one)).ToArray();
                return BadParameter.Of(Shown(name), names.Length == 0 ? "is not known here; there are none." : $"is not known here; there are {string.Join(", ", names)}.");
            }

            if ((!many && values.Count > 1) || values.Any(string.IsNullOrEmpty))
            {
                return BadParameter.Of(name, "must have one value.");
            }
        }

        return null;
    }

    /// <summary>A name that may be anything: not all of it, and no control character, comes back.</summary>
    private static string Shown(string name) => new([.. name.Take(64).Where(c => !char.IsControl(c))]);
}
