using System.Collections.Frozen;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>The fields of every request message with their types, and the values of every enum, as data.</summary>
internal static class WireMessages
{
    private const string Messages = """
        GenerateContentRequest model:string contents:Content[] systemInstruction:Content tools:Tool[] toolConfig:ToolConfig safetySettings:SafetySetting[] generationConfig:GenerationConfig cachedContent:string serviceTier:ServiceTier store:bool
        CountTokensRequest contents:Content[] generateContentRequest:GenerateContentRequest
        EmbedContentRequest model:string content:Content taskType:TaskType title:string outputDimensionality:int
        BatchEmbedContentsRequest requests:EmbedContentRequest[]
        Content role:string parts:Part[]
        Part text:string thought:bool thoughtSignature:string inlineData:Blob fileData:FileData functionCall:FunctionCall functionResponse:FunctionResponse executableCode:ExecutableCode codeExecutionResult:CodeExecutionResult videoMetadata:struct mediaResolution:struct toolCall:struct toolResponse:struct partMetadata:struct
        Blob mimeType:string data:bytes displayName:string
        FileData mimeType:string fileUri:string displayName:string
        FunctionCall id:string name:string args:struct
        FunctionResponse id:string name:string response:struct willContinue:bool scheduling:string parts:FunctionResponsePart[]
        FunctionResponsePart inlineData:Blob fileData:FileData
        ExecutableCode id:string language:Language code:string
        CodeExecutionResult id:string outcome:Outcome output:string
        Tool functionDeclarations:FunctionDeclaration[] googleSearch:struct googleSearchRetrieval:struct codeExecution:struct urlContext:struct googleMaps:struct fileSearch:struct computerUse:struct
        FunctionDeclaration name:string description:string behavior:string parameters:Schema parametersJsonSchema:struct response:Schema responseJsonSchema:struct
        ToolConfig functionCallingConfig:FunctionCallingConfig retrievalConfig:struct includeServerSideToolInvocations:bool
        FunctionCallingConfig mode:Mode allowedFunctionNames:string[]
        SafetySetting category:HarmCategory threshold:HarmBlockThreshold
        GenerationConfig stopSequences:string[] responseMimeType:string responseSchema:Schema responseJsonSchema:any responseModalities:Modality[] candidateCount:int maxOutputTokens:int temperature:number topP:number topK:int seed:int presencePenalty:number frequencyPenalty:number responseLogprobs:bool logprobs:int enableEnhancedCivicAnswers:bool speechConfig:struct thinkingConfig:ThinkingConfig imageConfig:struct mediaResolution:MediaResolution
        ThinkingConfig includeThoughts:bool thinkingBudget:int thinkingLevel:ThinkingLevel
        Schema type:Type format:string title:string description:string nullable:bool enum:string[] items:Schema maxItems:any minItems:any properties:SchemaMap required:string[] minProperties:any maxProperties:any minLength:any maxLength:any pattern:string example:any anyOf:Schema[] propertyOrdering:string[] default:any minimum:number maximum:number
        """;

    private const string Enums = """
        Type TYPE_UNSPECIFIED STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL
        Mode MODE_UNSPECIFIED AUTO ANY NONE VALIDATED
        HarmCategory HARM_CATEGORY_UNSPECIFIED HARM_CATEGORY_DEROGATORY HARM_CATEGORY_TOXICITY HARM_CATEGORY_VIOLENCE HARM_CATEGORY_SEXUAL HARM_CATEGORY_MEDICAL HARM_CATEGORY_DANGEROUS HARM_CATEGORY_HARASSMENT HARM_CATEGORY_HATE_SPEECH HARM_CATEGORY_SEXUALLY_EXPLICIT HARM_CATEGORY_DANGEROUS_CONTENT HARM_CATEGORY_CIVIC_INTEGRITY
        HarmBlockThreshold HARM_BLOCK_THRESHOLD_UNSPECIFIED BLOCK_LOW_AND_ABOVE BLOCK_MEDIUM_AND_ABOVE BLOCK_ONLY_HIGH BLOCK_NONE OFF
        Modality MODALITY_UNSPECIFIED TEXT IMAGE AUDIO
        MediaResolution MEDIA_RESOLUTION_UNSPECIFIED MEDIA_RESOLUTION_LOW MEDIA_RESOLUTION_MEDIUM MEDIA_RESOLUTION_HIGH
        ThinkingLevel THINKING_LEVEL_UNSPECIFIED MINIMAL LOW MEDIUM HIGH XHIGH
        ServiceTier UNSPECIFIED STANDARD FLEX PRIORITY
        TaskType TASK_TYPE_UNSPECIFIED RETRIEVAL_QUERY RETRIEVAL_DOCUMENT SEMANTIC_SIMILARITY CLASSIFICATION CLUSTERING QUESTION_ANSWERING FACT_VERIFICATION CODE_RETRIEVAL_QUERY
        Language LANGUAGE_UNSPECIFIED PYTHON
        Outcome OUTCOME_UNSPECIFIED OUTCOME_OK OUTCOME_FAILED OUTCOME_DEADLINE_EXCEEDED
        """;

    /// <summary>Type of each field, by message and camelCase name.</summary>
    public static FrozenDictionary<string, FrozenDictionary<string, string>> Fields { get; } = Lines(Messages)
        .ToFrozenDictionary(words => words[0], words => words.Skip(1).Select(field => field.Split(':')).ToFrozenDictionary(field => field[0], field => field[1]));

    /// <summary>Values of each enum, in the order of their numbers.</summary>
    public static FrozenDictionary<string, string[]> Values { get; } = Lines(Enums).ToFrozenDictionary(words => words[0], words => words[1..]);

    private static IEnumerable<string[]> Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '));
}
