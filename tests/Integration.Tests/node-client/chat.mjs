// Asks the gateway through the official client and prints what it understood, as one line of JSON.
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const model = "gemini-2.5-flash";
const user = (content) => [{ role: "user", content }];

const unary = await client.chat.completions.create({ model, messages: user("a word from node") });

let text = "";
let pieces = 0;
let finish = null;
let totalTokens = 0;
const stream = await client.chat.completions.create({
  model,
  messages: user("please stream [words:40]"),
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  const piece = chunk.choices[0]?.delta?.content;
  if (piece) {
    text += piece;
    pieces++;
  }
  finish = chunk.choices[0]?.finish_reason ?? finish;
  totalTokens = chunk.usage?.total_tokens ?? totalTokens;
}

const failure = async (call) => {
  try {
    await call();
    return { status: 200 };
  } catch (error) {
    return { status: error.status, type: error.type, code: error.code };
  }
};

console.log(
  JSON.stringify({
    unary: {
      text: unary.choices[0].message.content,
      finish: unary.choices[0].finish_reason,
      totalTokens: unary.usage.total_tokens,
    },
    stream: { pieces, words: text.split(" ").length, finish, totalTokens },
    badRequest: await failure(() => client.chat.completions.create({ model, messages: user("hi"), temperature: 9 })),
    unauthorized: await failure(() =>
      new OpenAI({ apiKey: "sk-gb-wrong", maxRetries: 0 }).chat.completions.create({ model, messages: user("hi") }),
    ),
  }),
);
