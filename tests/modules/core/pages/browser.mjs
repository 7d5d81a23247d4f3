// What the pages' modules ask of a browser when they are loaded, and a bar to ask: no network, no screen.
const kept = new Map();
/** Whether the browser refuses to keep anything. */
export const browser = { refuses: false, reloads: 0, requests: [], answers: [], sockets: [] };

function refused() {
  if (browser.refuses) throw new DOMException("", "SecurityError");
}

const events = new EventTarget();
Object.assign(globalThis, {
  addEventListener: events.addEventListener.bind(events),
  removeEventListener: events.removeEventListener.bind(events),
  happens: (name) => events.dispatchEvent(new Event(name)),
  document: { baseURI: "https://bar.example/", querySelector: () => null, documentElement: {} },
  location: { href: "https://bar.example/", reload: () => void browser.reloads++ },
  localStorage: {
    getItem: (key) => (refused(), kept.get(key) ?? null),
    setItem: (key, value) => (refused(), kept.set(key, value)),
    removeItem: (key) => (refused(), kept.delete(key)),
  },
  // Answers each request with the next answer; a function makes one of the request, an Error is no network.
  fetch: async (url, request) => {
    browser.requests.push({ url: new URL(url), ...request });
    const next = browser.answers.length > 1 ? browser.answers.shift() : browser.answers[0];
    const answer = typeof next === "function" ? await next(browser.requests.at(-1)) : next;
    if (answer instanceof Error) throw answer;
    const { status = 200, headers = {}, ...content } = answer;
    const body = "body" in content ? content.body : content;
    return { status, ok: status < 300, headers: new Headers(headers), json: async () => body };
  },
  WebSocket: class {
    static OPEN = 1;
    readyState = 1;
    sent = [];
    constructor(url) {
      this.url = new URL(url);
      browser.sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.readyState = 3;
      this.onclose?.();
    }
    receives(message) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }
  },
});
Object.defineProperty(globalThis, "navigator", { value: { languages: ["de-AT", "en"], onLine: true } });

/** Let everything that waits for an answer go on. */
export async function settled() {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

/** A token of a user. */
export function token(sub, ...groups) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({})}.${part({ sub, "cognito:groups": groups })}.x`;
}

/** Answers of Cognito. */
export const signedIn = (sub, ...groups) => ({
  AuthenticationResult: { IdToken: token(sub, ...groups), RefreshToken: "again", ExpiresIn: 3600 },
});

export function begin() {
  kept.clear();
  Object.assign(browser, { refuses: false, reloads: 0, requests: [], answers: [], sockets: [] });
}
