using System.Text;
using System.Text.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>
/// Writes a JSON schema with only what Gemini's <c>parametersJsonSchema</c> and <c>responseJsonSchema</c> know. Only schemas are cleaned:
/// a property that happens to be called like a keyword is kept. What was changed is told.
/// </summary>
internal sealed class SchemaCleaner
{
    private const int MostInlined = 5;
    private const int MostExpanded = 200;

    private readonly JsonElement root;
    private readonly SchemaCircles circles;
    private string holder = "#";
    private int expanded;
    private readonly SortedSet<string> changed = new(StringComparer.Ordinal);

    private SchemaCleaner(JsonElement root)
    {
        this.root = root;
        circles = new SchemaCircles(root);
    }

    /// <summary>Writes a schema.</summary>
    /// <param name="writer">Gets it.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="field">Where it stands in the request, for warnings and refusals.</param>
    /// <param name="request">Gets the warning.</param>
    /// <exception cref="RequestRefusedException">It refers to a schema elsewhere.</exception>
    public static void Write(Utf8JsonWriter writer, JsonElement schema, string field, ChatRequest request)
    {
        var cleaner = new SchemaCleaner(schema);
        cleaner.WriteSchema(writer, schema, field, 0);
        if (cleaner.changed.Count > 0)
        {
            request.Warn($"{field}: not known to Gemini and left out or rewritten: {string.Join(", ", cleaner.changed)}");
        }
    }

    private void WriteSchema(Utf8JsonWriter writer, JsonElement schema, string field, int inlined)
    {
        writer.WriteStartObject();
        if (schema.ValueKind == JsonValueKind.Object)
        {
            WriteKeywords(writer, SchemaKeywords.Of(schema, Expand, changed, inlined), field, inlined);
        }

        writer.WriteEndObject();
    }

    private void WriteKeywords(Utf8JsonWriter writer, SchemaKeywords schema, string field, int inlined)
    {
        var hasReference = schema.Has("$ref");
        var notes = new StringBuilder();
        string? description = null;
        foreach (var (name, value) in schema.All)
        {
            if (hasReference && name[0] != '$' && name != "definitions")
            {
                if (name is not ("description" or "title"))
                {
                    changed.Add(name);
                }

                continue;
            }

            switch (name)
            {
                case "$ref":
                    WriteReference(writer, value, field, inlined);
                    break;
                case "$defs" or "definitions":
                    WriteDefinitions(writer, schema, name, field);
                    break;
                case "$id" or "$anchor" or "format" or "title" when value.ValueKind == JsonValueKind.String:
                case "type" when value.ValueKind is JsonValueKind.String or JsonValueKind.Array:
                case "minItems" or "maxItems" or "minimum" or "maximum" when value.ValueKind == JsonValueKind.Number:
                case "enum" or "propertyOrdering" when value.ValueKind == JsonValueKind.Array:
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                    break;
                case "description" when value.ValueKind == JsonValueKind.String:
                    description = value.GetString();
                    break;
                case "const":
                    WriteConstant(writer, value, schema);
                    break;
                case "exclusiveMinimum" or "exclusiveMaximum" when value.ValueKind == JsonValueKind.Number:
                    WriteExclusive(writer, name, value, schema);
                    break;
                case "items":
                    WriteItems(writer, value, schema, field, inlined);
                    break;
                case "prefixItems" or "anyOf" or "oneOf" when value.ValueKind == JsonValueKind.Array:
                    WriteList(writer, name, value, field, inlined);
                    break;
                case "properties" when value.ValueKind == JsonValueKind.Object:
                    WriteProperties(writer, schema, field, inlined);
                    break;
                case "required" when value.ValueKind == JsonValueKind.Array:
                    WriteRequired(writer, schema);
                    break;
                case "additionalProperties":
                    WriteAdditional(writer, value, field, inlined);
                    break;
                case "minLength" or "maxLength" or "pattern":
                    notes.Append(notes.Length == 0 ? "" : ", ").Append(name).Append(' ').Append(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText());
                    changed.Add(name);
                    break;
                case "$schema" or "$comment" or "$vocabulary" or "$dynamicRef" or "$dynamicAnchor" or "default" or "examples" or "example" or "nullable":
                    // Says nothing that binds an answer.
                    break;
                default:
                    changed.Add(name.Length > 40 ? name[..40] : name);
                    break;
            }
        }

        if ((description is not null || notes.Length > 0) && !hasReference)
        {
            writer.WriteString("description"u8, notes.Length == 0 ? description : description is null ? notes.ToString() : $"{description} ({notes})");
        }
    }

    private void WriteReference(Utf8JsonWriter writer, JsonElement value, string field, int inlined)
    {
        var pointer = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (!pointer.StartsWith('#'))
        {
            throw new RequestRefusedException(OpenAiError.InvalidValue(field.Split('.')[0], $"'{field}' refers to a schema that is not part of it; only references that begin with '#' are supported."));
        }

        pointer = SchemaCircles.Normalize(pointer);
        if (pointer == "#" || (pointer.StartsWith("#/$defs/", StringComparison.Ordinal) && JsonPointer.Resolve(root, pointer) is not null))
        {
            writer.WriteString("$ref"u8, pointer);
            return;
        }

        // A reference into the middle of the schema is written out; one to nowhere says nothing.
        changed.Add("$ref");
        if (inlined < MostInlined && Expand(pointer) is { ValueKind: JsonValueKind.Object } target)
        {
            WriteKeywords(writer, SchemaKeywords.Of(target, Expand, changed, inlined + 1), field, inlined + 1);
        }
    }

    private void WriteDefinitions(Utf8JsonWriter writer, SchemaKeywords schema, string name, string field)
    {
        // Both names may be used at once; they are written as one.
        if (name == "definitions" && schema.Has("$defs"))
        {
            return;
        }

        writer.WriteStartObject("$defs"u8);
        var outer = holder;
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var keyword in (string[])["$defs", "definitions"])
        {
            if (schema.Find(keyword) is { ValueKind: JsonValueKind.Object } definitions)
            {
                foreach (var definition in definitions.EnumerateObject())
                {
                    if (written.Add(definition.Name))
                    {
                        holder = $"#/$defs/{definition.Name}";
                        writer.WritePropertyName(definition.Name);
                        WriteSchema(writer, definition.Value, field, 0);
                    }
                }
            }
        }

        holder = outer;
        writer.WriteEndObject();
    }

    private void WriteConstant(Utf8JsonWriter writer, JsonElement value, SchemaKeywords schema)
    {
        changed.Add("const");
        if (!schema.Has("enum"))
        {
            writer.WriteStartArray("enum"u8);
            value.WriteTo(writer);
            writer.WriteEndArray();
        }
    }

    private void WriteExclusive(Utf8JsonWriter writer, string name, JsonElement value, SchemaKeywords schema)
    {
        var isMinimum = name == "exclusiveMinimum";
        changed.Add(name);
        if (schema.Has(isMinimum ? "minimum" : "maximum"))
        {
            return;
        }

        writer.WritePropertyName(isMinimum ? "minimum"u8 : "maximum"u8);
        if (schema.Find("type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals("integer"u8) && value.TryGetInt64(out var whole) && whole is > long.MinValue and < long.MaxValue)
        {
            writer.WriteNumberValue(isMinimum ? whole + 1 : whole - 1);
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    private void WriteItems(Utf8JsonWriter writer, JsonElement value, SchemaKeywords schema, string field, int inlined)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            if (!schema.Has("prefixItems"))
            {
                changed.Add("items");
                WriteList(writer, "prefixItems", value, field, inlined);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().MoveNext())
        {
            writer.WritePropertyName("items"u8);
            WriteSchema(writer, value, field, inlined);
        }
    }

    private void WriteList(Utf8JsonWriter writer, string name, JsonElement list, string field, int inlined)
    {
        writer.WriteStartArray(name);
        foreach (var schema in list.EnumerateArray())
        {
            WriteSchema(writer, schema, field, inlined);
        }

        writer.WriteEndArray();
    }

    private void WriteProperties(Utf8JsonWriter writer, SchemaKeywords schema, string field, int inlined)
    {
        writer.WriteStartObject("properties"u8);
        foreach (var (name, value) in schema.Properties)
        {
            writer.WritePropertyName(name);
            WriteSchema(writer, value, field, inlined);
        }

        writer.WriteEndObject();
    }

    private void WriteRequired(Utf8JsonWriter writer, SchemaKeywords schema)
    {
        var first = true;
        foreach (var name in schema.Required)
        {
            var property = schema.Properties.FirstOrDefault(property => property.Name == name);
            if (property.Name is null || circles.LeadsBack(property.Value, holder))
            {
                changed.Add("required");
                continue;
            }

            if (first)
            {
                writer.WriteStartArray("required"u8);
                first = false;
            }

            writer.WriteStringValue(name);
        }

        if (!first)
        {
            writer.WriteEndArray();
        }
    }

    private void WriteAdditional(Utf8JsonWriter writer, JsonElement value, string field, int inlined)
    {
        writer.WritePropertyName("additionalProperties"u8);
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            value.WriteTo(writer);
        }
        else
        {
            WriteSchema(writer, value, field, inlined);
        }
    }

    /// <summary>Follows a reference whose target is written out; no more often than a schema somebody wrote by hand could need.</summary>
    private JsonElement? Expand(string pointer) => pointer.StartsWith('#') && expanded++ < MostExpanded ? JsonPointer.Resolve(root, pointer) : null;
}
