using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.ServiceDefaults.Tests.Contracts;

/// <summary>The JSON of every contract, held against a reviewed file: other versions of the product, and stored events, speak it.</summary>
public sealed class WireFormatTests
{
    public static TheoryData<string> Names => [.. WireSamples.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Json_OfAContract_IsTheReviewedOne(string name)
    {
        var (value, type) = WireSamples.All[name];

        ReviewedFile.Holds(name, JsonNode.Parse(JsonSerializer.Serialize(value, type))!);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Json_OfAContract_IsReadBackWhole(string name)
    {
        var (value, type) = WireSamples.All[name];

        Assert.Equal(JsonSerializer.Serialize(value, type), JsonSerializer.Serialize(JsonSerializer.Deserialize(ReviewedFile.Read(name).ToJsonString(), type), type));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Json_WithFieldsOfALaterVersion_IsStillRead(string name)
    {
        var (value, type) = WireSamples.All[name];
        var later = ReviewedFile.Read(name);
        AddUnknownFields(later);

        var read = JsonSerializer.Deserialize(later.ToJsonString(), type);

        Assert.Equal(JsonSerializer.Serialize(value, type), JsonSerializer.Serialize(read, type));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Json_OfAContract_IsTheSameFromTheServicesOwnOptions(string name)
    {
        // Minimal APIs write with these: a contract must not have two forms.
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new JsonStringEnumConverter() } };
        var (value, _) = WireSamples.All[name];

        Assert.True(JsonNode.DeepEquals(ReviewedFile.Read(name), JsonNode.Parse(JsonSerializer.Serialize(value, value.GetType(), options))));
    }

    [Fact]
    public void EveryContract_HasASample()
    {
        var contracts = typeof(ContractsJson).GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
            .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!);

        Assert.Empty(contracts.Except(WireSamples.All.Values.Select(sample => sample.Type.Type)).Select(type => type.Name));
    }

    [Fact]
    public void EveryRecordOfTheContracts_IsReachedBySerialization()
    {
        // Recorded facts stand for the facts of a batch, which are reached.
        var records = typeof(ContractsJson).Assembly.GetTypes()
            .Where(type => type.Namespace == "GeminiBalance.Contracts" && type is { IsPublic: true, IsAbstract: false, IsEnum: false } && type != typeof(ContractsJson) && type != typeof(RecordedFacts));

        Assert.Empty(records.Where(type => ContractsJson.Default.GetTypeInfo(type) is null).Select(type => type.Name));
    }

    [Fact]
    public void WordsOfTheEnums_AreTheReviewedOnes()
    {
        var words = new JsonObject();
        foreach (var type in typeof(ContractsJson).Assembly.GetTypes().Where(type => type is { IsEnum: true, IsPublic: true, Namespace: "GeminiBalance.Contracts" }).OrderBy(type => type.Name, StringComparer.Ordinal))
        {
            words[type.Name] = new JsonArray([.. Enum.GetValues(type).Cast<object>().Select(value => JsonSerializer.SerializeToNode(value, type, ContractsJson.Default))]);
        }

        ReviewedFile.Holds("enum-words.v1", words);
    }

    private static void AddUnknownFields(JsonNode node)
    {
        switch (node)
        {
            case JsonArray array:
                foreach (var item in array.Where(item => item is JsonObject or JsonArray))
                {
                    AddUnknownFields(item!);
                }

                break;
            case JsonObject fields:
                foreach (var (name, value) in fields.ToList())
                {
                    // The dictionaries of the contracts: a new field in them would be a new entry.
                    if (value is JsonObject or JsonArray && name is not ("byStatus" or "views" or "excludedBy" or "before" or "after" or "queues" or "values" or "secrets"))
                    {
                        AddUnknownFields(value);
                    }
                }

                fields["fieldOfALaterVersion"] = new JsonObject { ["x"] = 1 };
                break;
        }
    }
}

/// <summary>A file under <c>Fixtures</c> that somebody has looked at.</summary>
internal static class ReviewedFile
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true };
    private static readonly string Folder = typeof(ReviewedFile).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "FixturesFolder").Value!;

    public static JsonNode Read(string name) => JsonNode.Parse(File.ReadAllText(PathOf(name)))!;

    /// <summary>Compares; writes a missing file and fails, so that it is reviewed before it is kept.</summary>
    public static void Holds(string name, JsonNode written)
    {
        if (!File.Exists(PathOf(name)))
        {
            File.WriteAllText(PathOf(name), written.ToJsonString(Written) + "\n");
            Assert.Fail($"Fixtures/{name}.json was missing and has been written. Review it, then keep it.");
        }

        Assert.True(JsonNode.DeepEquals(Read(name), written), $"{name} is now written as\n{written}\nA changed shape needs the next version.");
    }

    private static string PathOf(string name) => Path.Combine(Folder, name + ".json");
}
