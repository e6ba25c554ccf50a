using System.Text.Json;
using System.Text.Json.Serialization;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>The form of the copy on disk.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(EncryptedSecret))]
internal sealed partial class CopyJson : JsonSerializerContext;
