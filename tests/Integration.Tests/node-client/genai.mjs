// The official npm client of Gemini, on the gateway's native surface.
import assert from "node:assert/strict";
import { ApiError, FunctionCallingConfigMode, GoogleGenAI } from "@google/genai";
import { apiKey, baseURL, png, run } from "./checks.mjs";

const options = { apiKey, httpOptions: { baseUrl: new URL("/", baseURL).origin } };
const client = new GoogleGenAI(options);
const model = "gemini-2.5-flash";

await run({
  generate: async () => {
    const answer = await client.models.generateContent({ model, contents: "a word from genai", config: { systemInstruction: "Be brief.", temperature: 0.2 } });
    assert.match(answer.text, /a word from genai/);
    assert.ok(answer.usageMetadata.totalTokenCount > 0);
    assert.equal(answer.modelVersion, model);
  },

  stream: async () => {
    let text = "";
    let pieces = 0;
    for await (const chunk of await client.models.generateContentStream({ model, contents: "please stream [words:60]" })) {
      text += chunk.text ?? "";
      pieces++;
    }
    assert.ok(pieces > 3, `${pieces} pieces`);
    assert.equal(text.split(" ").length, 60);
  },

  media: async () => {
    const answer = await client.models.generateContent({ model, contents: [{ role: "user", parts: [{ text: "what is this" }, { inlineData: { mimeType: "image/png", data: png } }] }] });
    assert.ok(answer.usageMetadata.promptTokensDetails.some((detail) => detail.modality === "IMAGE"));
  },

  functionCalling: async () => {
    const chat = client.chats.create({
      model: "gemini-3.8-flash",
      config: {
        tools: [{ functionDeclarations: [{ name: "get_weather", parametersJsonSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } }] }],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } },
      },
    });
    const first = await chat.sendMessage({ message: "ask get_weather" });
    const [call] = first.functionCalls;
    assert.equal(call.name, "get_weather");
    const second = await chat.sendMessage({ message: [{ functionResponse: { id: call.id, name: call.name, response: { sky: "blue" } } }] });
    assert.match(second.text, /get_weather gave .*blue/);
  },

  countTokens: async () => {
    const counted = await client.models.countTokens({ model, contents: "four words are here" });
    assert.ok(counted.totalTokens > 0);
  },

  embed: async () => {
    for (const name of ["gemini-embedding-001", "gemini-embedding-2"]) {
      const answer = await client.models.embedContent({ model: name, contents: "a", config: { outputDimensionality: 128 } });
      assert.equal(answer.embeddings[0].values.length, 128);
    }
  },

  models: async () => {
    const names = [];
    for await (const entry of await client.models.list({ config: { pageSize: 10 } })) names.push(entry.name);
    assert.ok(names.length > 10 && names.includes(`models/${model}`));
    assert.equal(new Set(names).size, names.length);
    const one = await client.models.get({ model });
    assert.ok(one.inputTokenLimit > 0 && one.supportedActions.includes("generateContent"));
  },

  errors: async () => {
    await assert.rejects(client.models.generateContent({ model, contents: "hi", config: { temperature: 9 } }), (error) => error instanceof ApiError && error.status === 400);
    await assert.rejects(client.models.generateContent({ model: "gemini-none", contents: "hi" }), (error) => error instanceof ApiError && error.status === 404 && /NOT_FOUND/.test(error.message));
    await assert.rejects(new GoogleGenAI({ ...options, apiKey: "sk-gb-wrong" }).models.generateContent({ model, contents: "hi" }), (error) => error instanceof ApiError && error.status === 401);
  },
});
