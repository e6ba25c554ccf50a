// The official npm client of OpenAI.
import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { countingFetch, png, run } from "./checks.mjs";

const client = new OpenAI({ maxRetries: 0 });
const model = "gemini-2.5-flash";
const user = (content) => [{ role: "user", content }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather.",
    parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } }, required: ["city", "days"], additionalProperties: false },
    strict: true,
  },
};

await run({
  chat: async () => {
    const answer = await client.chat.completions.create({ model, messages: user("a word from node") });
    assert.match(answer.choices[0].message.content, /a word from node/);
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  },

  stream: async () => {
    let text = "";
    let pieces = 0;
    const finishes = [];
    let usage = null;
    const stream = await client.chat.completions.create({ model, messages: user("please stream [words:40]"), stream: true, stream_options: { include_usage: true } });
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta?.content;
      text += piece ?? "";
      pieces += piece ? 1 : 0;
      if (chunk.choices[0]?.finish_reason) finishes.push(chunk.choices[0].finish_reason);
      usage = chunk.usage ?? usage;
    }
    assert.ok(pieces > 3, `${pieces} pieces`);
    assert.equal(text.split(" ").length, 40);
    assert.deepEqual(finishes, ["stop"]);
    assert.ok(usage.total_tokens > 0);
  },

  streamHelper: async () => {
    const heard = [];
    const stream = client.chat.completions.stream({ model, messages: user("please stream [words:30]") });
    stream.on("content", (delta) => heard.push(delta));
    const final = await stream.finalChatCompletion();
    assert.equal(heard.join(""), final.choices[0].message.content);
    assert.equal(final.choices[0].finish_reason, "stop");
  },

  tools: async () => {
    for (const name of [model, "gemini-3.8-flash"]) {
      const messages = user("what does get_weather say");
      const first = await client.chat.completions.create({ model: name, messages, tools: [weather] });
      assert.equal(first.choices[0].finish_reason, "tool_calls");
      const [call] = first.choices[0].message.tool_calls;
      assert.equal(call.function.name, "get_weather");
      assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ["city", "days"]);
      const second = await client.chat.completions.create({
        model: name,
        tools: [weather],
        messages: [...messages, first.choices[0].message, { role: "tool", tool_call_id: call.id, content: JSON.stringify({ sky: "blue" }) }],
      });
      assert.match(second.choices[0].message.content, /get_weather gave .*blue/);
    }
  },

  toolChoice: async () => {
    const forced = await client.chat.completions.create({ model, messages: user("hello"), tools: [weather], tool_choice: { type: "function", function: { name: "get_weather" } } });
    assert.equal(forced.choices[0].message.tool_calls.length, 1);
    const none = await client.chat.completions.create({ model, messages: user("get_weather"), tools: [weather], tool_choice: "none" });
    assert.equal(none.choices[0].message.tool_calls, undefined);
  },

  toolRunner: async () => {
    for (const stream of [false, true]) {
      const asked = [];
      const runner = client.chat.completions.runTools({
        model: "gemini-3.8-flash",
        stream,
        messages: user("please use get_weather"),
        tools: [{ type: "function", function: { ...weather.function, parse: JSON.parse, function: (args) => (asked.push(args), { sky: "grey" }) } }],
      });
      assert.match(await runner.finalContent(), /get_weather gave .*grey/);
      assert.equal(asked.length, 1);
    }
  },

  structuredOutput: async () => {
    const Person = z.object({ name: z.string(), age: z.number().int().min(1), tags: z.array(z.string()), home: z.object({ city: z.string(), zip: z.string().nullable() }), kind: z.enum(["a", "b"]) });
    for (const name of [model, "gemini-3.8-flash"]) {
      const answer = await client.chat.completions.parse({ model: name, messages: user("make a person"), response_format: zodResponseFormat(Person, "person") });
      Person.parse(answer.choices[0].message.parsed);
    }
  },

  vision: async () => {
    const bare = await client.chat.completions.create({ model, messages: user("what is this") });
    const answer = await client.chat.completions.create({
      model,
      messages: user([
        { type: "text", text: "what is this" },
        { type: "image_url", image_url: { url: `data:image/png;base64,${png}`, detail: "low" } },
      ]),
    });
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.ok(answer.usage.prompt_tokens > bare.usage.prompt_tokens + 50, "the image counts");
  },

  embeddings: async () => {
    const byDefault = await client.embeddings.create({ model: "gemini-embedding-2", input: ["a", "b"] });
    const asNumbers = await client.embeddings.create({ model: "gemini-embedding-2", input: ["a", "b"], encoding_format: "float" });
    const short = await client.embeddings.create({ model: "gemini-embedding-001", input: "a", dimensions: 64 });
    assert.deepEqual(byDefault.data.map((entry) => entry.embedding.length), [3072, 3072]);
    assert.deepEqual(byDefault.data.map((entry) => entry.embedding.map((value) => Math.fround(value))), asNumbers.data.map((entry) => entry.embedding.map((value) => Math.fround(value))));
    assert.equal(short.data[0].embedding.length, 64);
    assert.ok(Math.abs(Math.hypot(...short.data[0].embedding) - 1) < 1e-5);
    assert.ok(byDefault.usage.prompt_tokens > 0);
  },

  models: async () => {
    const names = [];
    for await (const entry of await client.models.list()) names.push(entry.id);
    assert.ok(names.includes(model));
    assert.equal((await client.models.retrieve(model)).id, model);
  },

  errors: async () => {
    await assert.rejects(client.chat.completions.create({ model, messages: user("hi"), temperature: 9 }), (error) => error instanceof OpenAI.BadRequestError && error.param === "temperature" && error.type === "invalid_request_error");
    await assert.rejects(client.chat.completions.create({ model: "gemini-none", messages: user("hi") }), (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found");
    await assert.rejects(new OpenAI({ apiKey: "sk-gb-wrong", maxRetries: 0 }).models.list(), (error) => error instanceof OpenAI.AuthenticationError && error.code === "invalid_api_key");
    await assert.rejects(client.embeddings.create({ model: "gemini-embedding-001", input: [1, 2] }), (error) => error instanceof OpenAI.BadRequestError && error.param === "input");
    await assert.rejects(client.chat.completions.create({ model, input: "hi" }), (error) => error instanceof OpenAI.BadRequestError && /Responses/.test(error.message));
  },

  errorInTheMiddle: async () => {
    let text = "";
    await assert.rejects(
      async () => {
        for await (const chunk of await client.chat.completions.create({ model, stream: true, messages: user("break off [words:200] [sim:cut:3]") })) text += chunk.choices[0]?.delta?.content ?? "";
      },
      (error) => error instanceof OpenAI.APIError,
    );
    assert.ok(text.length > 0);
  },

  retries: async () => {
    const counting = countingFetch();
    const patient = new OpenAI({ maxRetries: 2, fetch: counting });
    await assert.rejects(patient.chat.completions.create({ model, messages: user("[sim:overloaded]") }), OpenAI.InternalServerError);
    assert.equal(counting.last.headers.get("x-should-retry"), "false");
    assert.equal(counting.calls, 1, "the gateway has retried already");
    await assert.rejects(patient.chat.completions.create({ model, messages: [] }), OpenAI.BadRequestError);
    assert.equal(counting.calls, 2);
  },

  rateLimit: async () => {
    const counting = countingFetch();
    const hasty = new OpenAI({ apiKey: process.env.OPENAI_HASTY_KEY, maxRetries: 0 });
    const patient = new OpenAI({ apiKey: process.env.OPENAI_HASTY_KEY, maxRetries: 2, fetch: counting });
    const ask = (client) => client.chat.completions.create({ model, messages: user("hi") });
    let refused;
    for (let i = 0; i < 200 && !refused; i += 10) {
      const all = await Promise.allSettled(Array.from({ length: 10 }, () => ask(hasty)));
      refused = all.find((one) => one.status === "rejected")?.reason;
    }
    assert.ok(refused instanceof OpenAI.RateLimitError, String(refused));
    assert.equal(refused.code, "rate_limit_exceeded");
    assert.ok(Number(refused.headers.get("retry-after")) <= 60);
    assert.equal(refused.headers.get("x-ratelimit-remaining-requests"), "0");
    const answer = await ask(patient);
    assert.equal(answer.choices[0].finish_reason, "stop");
    assert.ok(counting.calls <= 3, "the client waits as long as it is told");
  },

  budget: async () => {
    const counting = countingFetch();
    const spent = new OpenAI({ apiKey: process.env.OPENAI_SPENT_KEY, maxRetries: 2, fetch: counting });
    const ask = () => spent.chat.completions.create({ model, messages: user("hi") });
    await ask();
    await assert.rejects(ask(), (error) => error instanceof OpenAI.RateLimitError && error.type === "requests" && error.code === "rate_limit_exceeded");
    assert.equal(counting.calls, 2, "nobody comes back before tomorrow");
    assert.equal(counting.last.headers.get("x-should-retry"), "false");
  },
});
