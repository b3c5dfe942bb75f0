/**
 * The login of this tab: the access token lives in memory only, and the refresh cookie (which scripts cannot read)
 * buys a new one. Tabs take turns at refreshing, because the server treats a refresh token used twice as stolen.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { LoggedIn, User } from "../protocol";
import { asProblem, type Problem, responseProblem, unreachable } from "./problems";

export type LoginState =
  | { kind: "unknown" }
  | { kind: "anonymous"; isExpired: boolean }
  | { kind: "logged_in"; user: User };

interface Token {
  value: string;
  expiresAtMs: number;
}

interface TabMessage {
  kind: "token" | "logged_out";
  login?: LoggedIn;
}

export interface LoginEnvironment {
  fetch: typeof fetch;
  storage: Storage;
  locks: LockManager | null;
  channel: BroadcastChannel | null;
  now: () => number;
}

const REFRESH_PATH = "/api/v1/auth/refresh";
const REMEMBERED = "soulseer.logged_in";
const REFRESH_LOCK = "soulseer.refresh";
/** A token this close to its end is renewed before it is used. */
const EXPIRY_MARGIN_MS = 15_000;

export class Login {
  private readonly current = signal<LoginState>({ kind: "unknown" });
  private token: Token | null = null;
  private refreshing: Promise<string | null> | null = null;

  constructor(private readonly environment: LoginEnvironment) {
    environment.channel?.addEventListener("message", (event: MessageEvent<TabMessage>) => this.hearTab(event.data));
  }

  get state(): ReadonlySignal<LoginState> {
    return this.current;
  }

  get user(): User | null {
    const state = this.current.value;
    return state.kind === "logged_in" ? state.user : null;
  }

  /** Finds out, once at the start, whether this browser is logged in. */
  async restore(): Promise<void> {
    if (this.environment.storage.getItem(REMEMBERED) === null) {
      this.current.value = { kind: "anonymous", isExpired: false };
      return;
    }
    await this.refresh(null).catch(() => {
      // Offline at the start: stay "unknown" is worse than showing the public pages.
      if (this.current.value.kind === "unknown") this.current.value = { kind: "anonymous", isExpired: false };
    });
  }

  begin(login: LoggedIn): void {
    this.adopt(login);
    this.environment.channel?.postMessage({ kind: "token", login } satisfies TabMessage);
  }

  /** Forgets the login here and in every other tab. */
  end(options: { isExpired: boolean }): void {
    this.forget(options.isExpired);
    this.environment.channel?.postMessage({ kind: "logged_out" } satisfies TabMessage);
  }

  changeUser(user: User): void {
    if (this.current.value.kind === "logged_in") this.current.value = { kind: "logged_in", user };
  }

  /** A token that is good for at least a few seconds more, or null when nobody is logged in. */
  async freshToken(): Promise<string | null> {
    const token = this.token;
    if (token === null) {
      return this.current.value.kind === "anonymous" ? null : this.refresh(null);
    }
    if (token.expiresAtMs - this.environment.now() > EXPIRY_MARGIN_MS) return token.value;
    return this.refresh(token.value);
  }

  /**
   * Renews the token; `refused` is the token that no longer works, so that a token which another tab
   * fetched in the meantime is used instead of a second refresh.
   */
  refresh(refused: string | null): Promise<string | null> {
    this.refreshing ??= this.takeTurn(refused).finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private takeTurn(refused: string | null): Promise<string | null> {
    const locks = this.environment.locks;
    if (locks === null) return this.renew(refused);
    return locks.request(REFRESH_LOCK, () => this.renew(refused)) as Promise<string | null>;
  }

  private async renew(refused: string | null): Promise<string | null> {
    const token = this.token;
    if (token !== null && token.value !== refused && token.expiresAtMs > this.environment.now() + EXPIRY_MARGIN_MS) {
      return token.value;
    }
    const response = await this.environment
      // Kept alive: a page that is left in the middle must still get its new cookie, or the old one counts as stolen.
      .fetch(REFRESH_PATH, { method: "POST", credentials: "same-origin", keepalive: true })
      .catch(() => {
        throw unreachable();
      });
    if (response.ok) {
      const login = (await response.json()) as LoggedIn;
      this.begin(login);
      return login.access_token;
    }
    const problem = await responseProblem(response);
    if (problem.status === 401 || problem.status === 403) {
      this.end({ isExpired: this.current.value.kind === "logged_in" });
      return null;
    }
    throw asProblem(problem);
  }

  private hearTab(message: TabMessage): void {
    if (message.kind === "token" && message.login) this.adopt(message.login);
    if (message.kind === "logged_out") this.forget(false);
  }

  private adopt(login: LoggedIn): void {
    this.token = { value: login.access_token, expiresAtMs: this.environment.now() + login.expires_in * 1000 };
    this.environment.storage.setItem(REMEMBERED, "1");
    const state = this.current.peek();
    const isSame = state.kind === "logged_in" && JSON.stringify(state.user) === JSON.stringify(login.user);
    if (!isSame) this.current.value = { kind: "logged_in", user: login.user };
  }

  private forget(isExpired: boolean): void {
    this.token = null;
    this.environment.storage.removeItem(REMEMBERED);
    this.current.value = { kind: "anonymous", isExpired };
  }
}

export function needsLogin(problem: Problem): boolean {
  return problem.status === 401;
}
