// tests/integration/browser/jssip.js: JsSIP in a page: watches who it is told to. It cannot publish.
import JsSIP from "jssip";
import { orders, say } from "./page.js";

const agent = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(orders.server)],
  uri: orders.aor, authorization_user: orders.user, password: orders.password, register: Boolean(orders.register),
});

agent.on("registered", () => say("registered"));
agent.on("registrationFailed", (event) => say("failed " + event.cause));
agent.on("disconnected", (event) => say("disconnected " + (event.reason || "")));
agent.on("connected", () => {
  say("connected");
  if (!orders.watch) return;
  const subscriber = agent.subscribe(orders.watch, "presence", "application/pidf+xml", { expires: 600 });
  subscriber.on("active", () => say("subscription active"));
  subscriber.on("notify", (isFinal, notify, body) => say("told " + body));
  subscriber.on("terminated", (code, reason) => say(`ended ${code} ${reason}`));
  subscriber.subscribe();
});
agent.start();
