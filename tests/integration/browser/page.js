// tests/integration/browser/page.js: what a page is to do, and how it tells the test what happens.
export const orders = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

export function say(line) {
  fetch("/said", { method: "POST", body: `${orders.name} ${line}` });
}

addEventListener("error", (event) => say("failed " + event.message));
addEventListener("unhandledrejection", (event) => say("failed " + event.reason));
