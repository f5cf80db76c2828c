// The TypeScript sample as it stands, called with requests: a line of JSON in, a line of JSON out.
import { createInterface } from "node:readline";

const answer = console.log;
let done = [];
console.log = (...words) => done.push(words.join(" ")); // what the sample calls "your work"

const { POST } = await import("./verify.ts");

for await (const line of createInterface({ input: process.stdin })) {
  const { body, headers } = JSON.parse(line);
  const sent = { method: "POST", headers, body: Buffer.from(body, "base64") };
  const { status } = await POST(new Request("https://example.com/mail", sent));
  answer(JSON.stringify({ status, done }));
  done = [];
}
