import { begin, browser, settled, signedIn } from "./browser.mjs";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import * as api from "pages/api";
import { codeIn } from "pages/code_entry";
import { storage } from "pages/settings";
import { guest, rememberedMember, SignInRefused, signedIn as member } from "pages/users";
import { choose, language, languages, offer, span, words } from "pages/words";

const USER = { token: async (again) => (again ? "new" : "old") };

beforeEach(() => {
  begin();
  mock.timers.enable({ apis: ["Date", "setTimeout"], now: Date.parse("2026-05-01T12:00:00Z") });
  mock.method(AbortSignal, "timeout", () => undefined);
});
afterEach(() => (mock.timers.reset(), mock.restoreAll()));

/** The end of something that waits between its tries. */
async function ended(promise) {
  let result;
  promise.then((value) => (result = { value }), (error) => (result = { error }));
  for (let turn = 0; turn < 20 && !result; turn++) {
    await settled();
    mock.timers.tick(10_000);
  }
  return result;
}

test("a request that no server has answered, or could not, is sent again a few times", async () => {
  browser.answers = [new TypeError("no network"), { status: 503 }, { status: 429, message: "x" }, { fine: true }];
  assert.deepEqual((await ended(api.ask(USER, "config"))).value, { fine: true });
  browser.answers = [{ status: 500, detail: "x" }];
  browser.requests = [];
  assert.equal((await ended(api.ask(USER, "config"))).error.status, 500);
  assert.equal(browser.requests.length, 4);
});

test("a refusal is not sent again, and has its reason", async () => {
  browser.answers = [{ status: 409, type: "urn:presso:no-tokens", detail: "No drinks." }];
  const { error } = await ended(api.ask(USER, "qr-code", { method: "POST", query: { token: "A B" }, key: "k" }));
  assert.deepEqual([error.status, error.kind, error.message], [409, "no-tokens", "No drinks."]);
  const [{ url, headers }] = browser.requests;
  assert.deepEqual([url.href, headers["idempotency-key"]], ["https://bar.example/qr-code?token=A+B", "k"]);
  assert.equal(browser.requests.length, 1);
});

test("a token that is over is renewed once", async () => {
  browser.answers = [{ status: 401, message: "Unauthorized" }];
  assert.equal((await ended(api.ask(USER, "config"))).error.status, 401);
  assert.deepEqual(browser.requests.map((each) => each.headers.authorization), ["Bearer old", "Bearer new"]);
});

test("a page knows how far the server's clock is ahead of a phone's", async () => {
  browser.answers = [{ headers: { date: "Fri, 01 May 2026 12:15:00 GMT" } }];
  await ended(api.ask(USER, "config"));
  assert.equal(api.ahead, 15 * 60_000);
});

test("a guest whose sign-in is throttled stays the same guest, one whom the bar has forgotten is a new one", async () => {
  browser.answers = [{}, signedIn("first")];
  const phone = guest();
  assert.equal(typeof (await ended(phone.token())).value, "string");
  const name = (request) => JSON.parse(request.body).AuthParameters?.USERNAME ?? JSON.parse(request.body).Username;
  const first = name(browser.requests[0]);
  browser.answers = [{ status: 400, __type: "TooManyRequestsException" }];
  assert.ok((await ended(guest().token())).error);
  browser.answers = [signedIn("first")];
  const again = guest();
  await ended(again.token());
  assert.deepEqual([again.id, name(browser.requests.at(-1))], ["first", first]);
  browser.answers = [{ status: 400, __type: "x#UserNotFoundException" }, {}, signedIn("second")];
  await ended(guest().token());
  assert.notEqual(name(browser.requests.at(-1)), first);
});

test("a member stays signed in while Cognito is busy, and is signed out when it refuses", async () => {
  browser.answers = [signedIn("anna", "barista")];
  const { value: anna } = await ended(member("anna", "secret"));
  assert.deepEqual([anna.id, anna.groups], ["anna", ["barista"]]);
  for (const busy of [{ status: 500, __type: "InternalErrorException" }, { status: 400, __type: "ThrottlingException" }]) {
    browser.answers = [busy];
    assert.ok(!((await ended(rememberedMember().token())).error instanceof SignInRefused));
  }
  assert.deepEqual([browser.reloads, rememberedMember() !== null], [0, true]);
  browser.answers = [{ status: 400, __type: "NotAuthorizedException" }];
  assert.ok((await ended(rememberedMember().token())).error instanceof SignInRefused);
  assert.deepEqual([browser.reloads, rememberedMember()], [1, null]);
});

test("two requests at once renew a token once", async () => {
  browser.answers = [{}, signedIn("first")];
  const phone = guest();
  await ended(Promise.all([phone.token(), phone.token()]));
  assert.equal(browser.requests.length, 2);
});

test("where the browser keeps nothing, a page does while it is open", () => {
  storage.set("a", "1");
  browser.refuses = true;
  assert.equal(storage.get("a"), null);
  storage.set("a", "2");
  assert.equal(storage.get("a"), "2");
  storage.set("a", null);
  assert.equal(storage.get("a"), null);
});

test("a code is read from an address, as it is typed, and from any other text", () => {
  const read = ["https://bar.example/x/#6K5K8Z", " 6k5k8z ", "#%", "#%36K5K8Z", "x".repeat(5000)].map(codeIn);
  assert.deepEqual(read, ["6K5K8Z", "6K5K8Z", "%", "6K5K8Z", "X".repeat(100)]);
});

test("a page is in the reader's language where the bar offers it, and in the bar's first else", () => {
  assert.equal(language.value, "de");
  offer(["en-GB", "ja", "tlh"]);
  assert.deepEqual([language.value, languages.value.map(({ code }) => code)], ["en", ["en", "ja"]]);
  choose("ja");
  assert.deepEqual([language.value, words("guest.order")], ["ja", "注文する"]);
  offer(["tlh"]);
  assert.equal(language.value, "en");
  assert.equal(span(252_000), "4 min 12 sec");
});
