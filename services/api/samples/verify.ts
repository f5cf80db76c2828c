import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET!); // whsec_...
const seen = new Set<string>(); // in earnest a table, written in the transaction of your work

// A route of Next.js; what takes a Request and gives a Response (Hono, Bun, Deno) can call it too.
export async function POST(request: Request): Promise<Response> {
  const body = await request.text(); // the text that came: JSON that is written anew differs
  let event: { id: string; event: string };
  try {
    event = webhook.verify(body, Object.fromEntries(request.headers)) as typeof event;
  } catch {
    return new Response(null, { status: 400 });
  }
  const webhookId = request.headers.get("webhook-id")!; // the same on every retry and replay
  if (!seen.has(webhookId)) {
    console.log(event.event, event.id); // your work
    seen.add(webhookId);
  }
  return new Response(null, { status: 204 });
}
