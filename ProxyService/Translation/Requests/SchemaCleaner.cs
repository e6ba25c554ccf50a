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
    private const int MostTold = 20;

    private readonly string field;
    private readonly JsonPointers pointers;
    private readonly SchemaReferences references;
    private readonly SchemaCircles circles;
    private string holder = "#";
    private readonly SortedSet<string> changed = new(StringComparer.Ordinal);

    private SchemaCleaner(JsonElement root, string field, SchemaAllowance allowance)
    {
        this.field = field;
        pointers = new JsonPointers(root);
        references = new SchemaReferences(pointers, field, allowance);
        circles = new SchemaCircles(pointers, allowance);
    }

    /// <summary>Writes a schema.</summary>
    /// <param name="writer">Gets it.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="field">Where it stands in the request, for warnings and refusals.</param>
    /// <param name="request">Gets the warning.</param>
    /// <param name="allowance">What it may cost, together with the other schemas of the request.</param>
    /// <exception cref="RequestRefusedException">It refers to a schema elsewhere, or repeats too much of itself.</exception>
    public static void Write(Utf8JsonWriter writer, JsonElement schema, string field, ChatRequest request, SchemaAllowance allowance)
    {
        var cleaner = new SchemaCleaner(schema, field, allowance);
        cleaner.WriteSchema(writer, schema, 0);
        if (cleaner.changed.Count > 0)
        {
            request.Warn($"{field}: not known to Gemini and left out or rewritten: {string.Join(", ", cleaner.changed)}");
        }
    }

    private void WriteSchema(Utf8JsonWriter writer, JsonElement schema, int inlined)
    {
        writer.WriteStartObject();
        if (schema.ValueKind == JsonValueKind.Object)
        {
            WriteKeywords(writer, SchemaKeywords.Of(schema, references.Follow, changed, inlined), inlined);
        }

        writer.WriteEndObject();
    }

    private void WriteKeywords(Utf8JsonWriter writer, SchemaKeywords schema, int inlined)
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
                    Leave(name);
                }

                continue;
            }

            switch (name)
            {
                case "$ref":
                    WriteReference(writer, value, inlined);
                    break;
                case "$defs" or "definitions":
                    WriteDefinitions(writer, schema, name);
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
                    WriteItems(writer, value, schema, inlined);
                    break;
                case "prefixItems" or "anyOf" or "oneOf" when value.ValueKind == JsonValueKind.Array:
                    WriteList(writer, name, value, inlined);
                    break;
                case "properties" when value.ValueKind == JsonValueKind.Object:
                    WriteProperties(writer, schema, inlined);
                    break;
                case "required" when value.ValueKind == JsonValueKind.Array:
                    WriteRequired(writer, schema);
                    break;
                case "additionalProperties":
                    WriteAdditional(writer, value, inlined);
                    break;
                case "minLength" or "maxLength" or "pattern":
                    notes.Append(notes.Length == 0 ? "" : ", ").Append(name).Append(' ').Append(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText());
                    changed.Add(name);
                    break;
                case "$schema" or "$comment" or "$vocabulary" or "$dynamicRef" or "$dynamicAnchor" or "default" or "examples" or "example" or "nullable":
                    // Says nothing that binds an answer.
                    break;
                default:
                    Leave(name);
                    break;
            }
        }

        if ((description is not null || notes.Length > 0) && !hasReference)
        {
            writer.WriteString("description"u8, notes.Length == 0 ? description : description is null ? notes.ToString() : $"{description} ({notes})");
        }
    }

    private void WriteReference(Utf8JsonWriter writer, JsonElement value, int inlined)
    {
        var pointer = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (!pointer.StartsWith('#'))
        {
            throw new RequestRefusedException(OpenAiError.InvalidValue(field.Split('.')[0], $"'{field}' refers to a schema that is not part of it; only references that begin with '#' are supported."));
        }

        pointer = SchemaCircles.Normalize(pointer);
        if (pointer == "#" || (pointer.StartsWith("#/$defs/", StringComparison.Ordinal) && pointers.Resolve(pointer) is not null))
        {
            writer.WriteString("$ref"u8, pointer);
            return;
        }

        // A reference into the middle of the schema is written out; one to nowhere says nothing.
        changed.Add("$ref");
        if (inlined < MostInlined && references.Follow(pointer) is { ValueKind: JsonValueKind.Object } target)
        {
            WriteKeywords(writer, SchemaKeywords.Of(target, references.Follow, changed, inlined + 1), inlined + 1);
        }
    }

    private void WriteDefinitions(Utf8JsonWriter writer, SchemaKeywords schema, string name)
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
                        WriteSchema(writer, definition.Value, 0);
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

    private void WriteItems(Utf8JsonWriter writer, JsonElement value, SchemaKeywords schema, int inlined)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            if (!schema.Has("prefixItems"))
            {
                changed.Add("items");
                WriteList(writer, "prefixItems", value, inlined);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && value.EnumerateObject().MoveNext())
        {
            writer.WritePropertyName("items"u8);
            WriteSchema(writer, value, inlined);
        }
    }

    private void WriteList(Utf8JsonWriter writer, string name, JsonElement list, int inlined)
    {
        writer.WriteStartArray(name);
        foreach (var schema in list.EnumerateArray())
        {
            WriteSchema(writer, schema, inlined);
        }

        writer.WriteEndArray();
    }

    private void WriteProperties(Utf8JsonWriter writer, SchemaKeywords schema, int inlined)
    {
        writer.WriteStartObject("properties"u8);
        foreach (var (name, value) in schema.Properties)
        {
            writer.WritePropertyName(name);
            WriteSchema(writer, value, inlined);
        }

        writer.WriteEndObject();
    }

    private void WriteRequired(Utf8JsonWriter writer, SchemaKeywords schema)
    {
        var demanded = schema.Required.Where(name => schema.FindProperty(name) is { } property && !circles.LeadsBack(property, holder)).ToList();
        if (demanded.Count < schema.Required.Count)
        {
            changed.Add("required");
        }

        if (demanded.Count > 0)
        {
            writer.WriteStartArray("required"u8);
            demanded.ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
        }
    }

    private void WriteAdditional(Utf8JsonWriter writer, JsonElement value, int inlined)
    {
        writer.WritePropertyName("additionalProperties"u8);
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            value.WriteTo(writer);
        }
        else
        {
            WriteSchema(writer, value, inlined);
        }
    }

    /// <summary>Notes a keyword nobody knows. A client may make up any number of them.</summary>
    private void Leave(string name)
    {
        if (changed.Count < MostTold)
        {
            changed.Add(name.Length > 40 ? name[..40] : name);
        }
    }
}
