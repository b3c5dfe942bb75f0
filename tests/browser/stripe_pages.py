"""Stripe's hosts as a browser meets them: a script, its frames and an API, so far as paying by card needs them.

The payments themselves are made at the local stand-in, which also sends the signed webhooks.
"""

from __future__ import annotations

import json

import stripe
from playwright.async_api import BrowserContext, Route

# As Stripe's script does it: fields in a frame, the bank's question in a second frame at the end of the body, above everything.
SCRIPT = """
window.Stripe = () => {
  const frame = (name) => {
    const made = document.createElement("iframe");
    made.src = `https://js.stripe.com/${name}.html`;
    made.title = name;
    return made;
  };
  const answer = (name) => new Promise((resolve) => addEventListener("message", function hear(event) {
    if (event.origin !== "https://js.stripe.com" || event.data.from !== name) return;
    removeEventListener("message", hear);
    resolve(event.data);
  }));
  let secret, fields;
  const element = {
    once: (name, tell) => { if (name === "ready") answer("fields").then(() => tell({})); },
    mount: (place) => {
      fields = frame("fields");
      fields.style.cssText = "width: 100%; height: 80px; border: 0";
      place.append(fields);
    },
    destroy: () => fields.remove(),
  };
  return {
    elements: (options) => { secret = options.clientSecret; return { create: () => element, update: () => {} }; },
    confirmPayment: async () => {
      const bank = frame("bank");
      bank.style.cssText = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0; z-index: 2147483647";
      document.body.append(bank);
      await answer("bank");
      bank.remove();
      const reply = await fetch("https://api.stripe.com/confirm", { method: "POST", body: secret });
      return { paymentIntent: await reply.json() };
    },
  };
};
// The loader compares it with the one that it asked for.
window.Stripe.version = document.currentScript.src.split("/")[3];
"""
FIELDS = '<body style="margin: 0"><input aria-label="Card number"><script>parent.postMessage({from: "fields"}, "*")</script>'
BANK = """<body style="background: #0008"><button onclick='parent.postMessage({from: "bank"}, "*")'>Yes, it is me</button>"""


async def serve_stripe(context: BrowserContext, client: stripe.StripeClient) -> None:
    """Answer for Stripe's hosts in every page of this window."""

    async def serve_js(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        bodies = {
            "stripe.js": ("text/javascript", SCRIPT),
            "fields.html": ("text/html", FIELDS),
            "bank.html": ("text/html", BANK),
        }
        kind, body = bodies[name]
        await route.fulfill(content_type=kind, body=body)

    async def confirm(route: Route) -> None:
        payment_id = str(route.request.post_data).partition("_secret_")[0]
        method = await client.v1.payment_methods.create_async(
            {"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035, "cvc": "123"}}
        )
        await client.v1.payment_intents.update_async(payment_id, {"payment_method": method.id})
        intent = await client.v1.payment_intents.confirm_async(payment_id)
        body = json.dumps({"id": intent.id, "status": intent.status})
        await route.fulfill(content_type="application/json", body=body, headers={"Access-Control-Allow-Origin": "*"})

    await context.route("https://js.stripe.com/**", serve_js)
    await context.route("https://api.stripe.com/**", confirm)
