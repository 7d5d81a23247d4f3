/**
 * Who uses the page, signed in at Cognito: a guest by a random name and password that this browser keeps, a
 * member of the staff by those that the organiser has given.
 *
 * Source: Cognito API reference, SignUp and InitiateAuth (which need no credentials of AWS).
 */
import { kept, settings, storage } from "./settings";

/** What Cognito answers, besides 5xx, where the same request may succeed later. */
const BUSY = ["InternalErrorException", "LimitExceededException", "ThrottlingException", "TooManyRequestsException"];

/** Cognito does not take who signs in; it is not merely busy. */
export class SignInRefused extends Error {
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

interface Tokens {
  IdToken: string;
  RefreshToken?: string;
  ExpiresIn: number;
}

async function cognito<T>(action: string, body: object): Promise<T> {
  const answer = await fetch(new URL(settings.users, location.href), {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${action}`,
    },
    body: JSON.stringify({ ClientId: settings.client, ...body }),
    signal: AbortSignal.timeout(15_000),
  });
  const content = await answer.json();
  const kind = String(content.__type).replace(/^.*#/, "");
  if (answer.status >= 500 || BUSY.includes(kind)) throw new Error(kind);
  if (!answer.ok) throw new SignInRefused(kind, String(content.message));
  return content as T;
}

async function authenticated(flow: string, parameters: Record<string, string>): Promise<Tokens> {
  const answer = await cognito<{ AuthenticationResult: Tokens }>("InitiateAuth", {
    AuthFlow: flow,
    AuthParameters: parameters,
  });
  return answer.AuthenticationResult;
}

/** A random text; unlike `crypto.randomUUID`, also where a page has come without encryption. */
export function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A user: gives tokens, which last an hour, and renews them in time. */
export class User {
  id = "";
  groups: string[] = [];
  #token = "";
  #until = 0;
  #renewing: Promise<void> | undefined;

  constructor(private readonly renew: () => Promise<Tokens>) {}

  /** A token that is good for a while. */
  async token(anew = false): Promise<string> {
    if (anew || Date.now() > this.#until) {
      this.#renewing ??= this.renew()
        .then((tokens) => this.take(tokens))
        .finally(() => (this.#renewing = undefined));
      await this.#renewing;
    }
    return this.#token;
  }

  take(tokens: Tokens): void {
    this.#token = tokens.IdToken;
    this.#until = Date.now() + (tokens.ExpiresIn - 120) * 1000;
    const part = (tokens.IdToken.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const claims = JSON.parse(atob(part));
    this.id = claims.sub;
    this.groups = claims["cognito:groups"] ?? [];
  }
}

/** This phone's guest; it signs up when it is new, or the bar has forgotten it. */
export function guest(): User {
  const key = kept("guest");
  const known = () => JSON.parse(storage.get(key) ?? "null") as Record<string, string> | null;
  const made = async () => {
    const [name, password] = [random(), random()];
    storage.set(key, JSON.stringify({ USERNAME: name, PASSWORD: password }));
    await cognito("SignUp", { Username: name, Password: password });
  };
  return new User(async () => {
    if (!known()) await made();
    try {
      return await authenticated("USER_PASSWORD_AUTH", known() ?? {});
    } catch (error) {
      if (!(error instanceof SignInRefused)) throw error;
      await made();
      return authenticated("USER_PASSWORD_AUTH", known() ?? {});
    }
  });
}

const STAFF = kept("staff");

function member(refresh: string): User {
  return new User(async () => {
    try {
      return await authenticated("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: refresh });
    } catch (error) {
      if (error instanceof SignInRefused) signOut();
      throw error;
    }
  });
}

/** The member of the staff who has signed in in this browser; none after a day. */
export function rememberedMember(): User | null {
  const refresh = storage.get(STAFF);
  return refresh ? member(refresh) : null;
}

/** A member of the staff, by name and password. */
export async function signedIn(name: string, password: string): Promise<User> {
  const tokens = await authenticated("USER_PASSWORD_AUTH", { USERNAME: name, PASSWORD: password });
  storage.set(STAFF, tokens.RefreshToken ?? null);
  const user = member(tokens.RefreshToken ?? "");
  user.take(tokens);
  return user;
}

/** Forget the member who has signed in. */
export function signOut(): void {
  storage.set(STAFF, null);
  location.reload();
}
