namespace GeminiBalance.AdminUi.Pages.AccessKeys;

/// <summary>Programs that ask the gateway one question.</summary>
internal static class ClientSnippets
{
    private const string Model = "gemini-2.5-flash";

    /// <summary>Title and code per client, with the address and key filled in.</summary>
    /// <param name="gateway">Address of the gateway without a trailing slash.</param>
    /// <param name="key">An access key.</param>
    public static IEnumerable<(string Title, string Code)> For(string gateway, string key) =>
    [
        ("curl", $$"""
            curl {{gateway}}/v1/chat/completions \
              -H "Authorization: Bearer {{key}}" \
              -H "Content-Type: application/json" \
              -d '{"model":"{{Model}}","messages":[{"role":"user","content":"Hello"}]}'
            """),
        ("Python", $$"""
            from openai import OpenAI

            client = OpenAI(base_url="{{gateway}}/v1", api_key="{{key}}")
            answer = client.chat.completions.create(
                model="{{Model}}",
                messages=[{"role": "user", "content": "Hello"}],
            )
            print(answer.choices[0].message.content)
            """),
        ("Node", $$"""
            import OpenAI from "openai";

            const client = new OpenAI({ baseURL: "{{gateway}}/v1", apiKey: "{{key}}" });
            const answer = await client.chat.completions.create({
              model: "{{Model}}",
              messages: [{ role: "user", content: "Hello" }],
            });
            console.log(answer.choices[0].message.content);
            """),
        (".NET", $$"""
            using OpenAI;
            using OpenAI.Chat;

            var client = new ChatClient("{{Model}}", new System.ClientModel.ApiKeyCredential("{{key}}"),
                new OpenAIClientOptions { Endpoint = new Uri("{{gateway}}/v1") });
            var answer = await client.CompleteChatAsync("Hello");
            Console.WriteLine(answer.Value.Content[0].Text);
            """),
    ];
}
