// The official JavaScript library, asked from Python: a line of JSON in, a line of JSON out.
import { createInterface } from "node:readline";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const verify = ({ secret, body, headers }) => {
  try {
    return { event: new Webhook(secret).verify(Buffer.from(body, "base64"), headers) };
  } catch (error) {
    return { refused: error.message, kindly: error instanceof WebhookVerificationError };
  }
};

const sign = ({ secret, id, timestamp, body }) =>
  new Webhook(secret).sign(id, new Date(timestamp * 1000), Buffer.from(body, "base64"));

for await (const line of createInterface({ input: process.stdin })) {
  const { verify: calls = [], sign: messages = [] } = JSON.parse(line);
  console.log(JSON.stringify([...calls.map(verify), ...messages.map(sign)]));
}
