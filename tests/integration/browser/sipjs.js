// tests/integration/browser/sipjs.js: SIP.js in a page: watches who it is told to, and publishes itself.
import { Publisher, Subscriber, UserAgent } from "sip.js";
import { orders, say } from "./page.js";

const uri = (text) => UserAgent.makeURI(text);
const agent = new UserAgent({
  uri: uri(orders.aor), authorizationUsername: orders.user, authorizationPassword: orders.password,
  transportOptions: { server: orders.server }, logLevel: "error",
});

async function run() {
  await agent.start();
  say("connected");
  if (orders.watch) {
    const subscriber = new Subscriber(agent, uri(orders.watch), "presence", {
      expires: 600, extraHeaders: ["Accept: application/pidf+xml"] });
    subscriber.delegate = {
      onNotify: (notification) => {
        notification.accept();
        say("told " + notification.request.body);
      },
    };
    subscriber.stateChange.addListener((state) => say("subscription " + state));
    await subscriber.subscribe();
  }
  if (orders.note) {
    const document = `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${orders.aor}"><tuple id="page">` +
      `<status><basic>open</basic></status><note>${orders.note}</note></tuple></presence>`;
    const publisher = new Publisher(agent, uri(orders.aor), "presence", {
      body: document, contentType: "application/pidf+xml", expires: 600 });
    publisher.on?.("failed", (response) => say("refused " + response));
    await publisher.publish(document);
    say("published");
  }
}

run().catch((error) => say("failed " + error));
