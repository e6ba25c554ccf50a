// The Vercel AI SDK with its provider for OpenAI-compatible servers.
import assert from "node:assert/strict";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { apiKey, baseURL, png, run } from "./checks.mjs";

const provider = createOpenAICompatible({ name: "gateway", baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true });
const model = provider("gemini-2.5-flash");
const weather = tool({ description: "Tells the weather.", inputSchema: z.object({ city: z.string() }), execute: async () => ({ sky: "blue" }) });

await run({
  text: async () => {
    const { text, usage, finishReason } = await generateText({ model, system: "Be brief.", prompt: "a word from vercel" });
    assert.match(text, /a word from vercel/);
    assert.equal(finishReason, "stop");
    assert.ok(usage.totalTokens > 0);
  },

  stream: async () => {
    const result = streamText({ model, prompt: "please stream [words:50]" });
    let text = "";
    let pieces = 0;
    for await (const piece of result.textStream) {
      text += piece;
      pieces++;
    }
    assert.ok(pieces > 3, `${pieces} pieces`);
    assert.equal(text.split(" ").length, 50);
    assert.equal(await result.finishReason, "stop");
    assert.ok((await result.usage).totalTokens > 0);
  },

  image: async () => {
    const { finishReason } = await generateText({ model, messages: [{ role: "user", content: [{ type: "text", text: "what is this" }, { type: "image", image: Buffer.from(png, "base64") }] }] });
    assert.equal(finishReason, "stop");
  },

  object: async () => {
    const schema = z.object({ name: z.string(), count: z.number().int() });
    const { output } = await generateText({ model: provider("gemini-3.8-flash"), prompt: "make something", output: Output.object({ schema }) });
    schema.parse(output);
  },

  toolLoop: async () => {
    for (const name of ["gemini-2.5-flash", "gemini-3.8-flash"]) {
      const { text, steps } = await generateText({ model: provider(name), tools: { get_weather: weather }, stopWhen: stepCountIs(4), prompt: "please ask get_weather" });
      assert.equal(steps.length, 2);
      assert.match(text, /get_weather gave .*blue/);
    }
  },

  streamedToolLoop: async () => {
    const result = streamText({ model: provider("gemini-3.8-flash"), tools: { get_weather: weather }, stopWhen: stepCountIs(4), prompt: "please ask get_weather" });
    assert.match(await result.text, /get_weather gave .*blue/);
    assert.equal((await result.steps).length, 2);
  },

  embeddings: async () => {
    const { embeddings } = await embedMany({ model: provider.textEmbeddingModel("gemini-embedding-2"), values: ["a", "b"] });
    assert.deepEqual(embeddings.map((values) => values.length), [3072, 3072]);
  },

  errors: async () => {
    await assert.rejects(generateText({ model: provider("gemini-none"), prompt: "hi", maxRetries: 0 }), (error) => error.statusCode === 404);
  },
});
