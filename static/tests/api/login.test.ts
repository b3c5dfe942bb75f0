import { beforeEach, describe, expect, test, vi } from "vitest";
import { ApiClient } from "../../src/api/client";
import { Login } from "../../src/api/login";
import { Problem } from "../../src/api/problems";

/** The server's side of logins: refresh tokens rotate, and one used twice ends everything, as the real one does. */
class LoginServer {
  cookie: string | null = "refresh-1";
  isStolen = false;
  refreshes = 0;
  calls: { path: string; key: string | null; token: string | null }[] = [];
  validTokens = new Set<string>();
  answer: (path: string) => Response | Error = () => Response.json({ fine: true });

  readonly fetch = async (input: RequestInfo | URL, request: RequestInit = {}): Promise<Response> => {
    const path = String(input);
    const headers = new Headers(request.headers);
    if (path.endsWith("/auth/refresh")) return this.refresh();
    const token = headers.get("Authorization")?.replace("Bearer ", "") ?? null;
    this.calls.push({ path, key: headers.get("Idempotency-Key"), token });
    if (token !== null && !this.validTokens.has(token)) return problem(401, "auth.token_expired");
    const answer = this.answer(path);
    if (answer instanceof Error) throw answer;
    return answer;
  };

  private async refresh(): Promise<Response> {
    const presented = this.cookie;
    await Promise.resolve();
    if (presented === null || presented !== this.cookie) this.isStolen = presented !== null;
    if (presented === null || this.isStolen) return problem(401, "auth.refresh_reused");
    this.refreshes += 1;
    this.cookie = `refresh-${this.refreshes + 1}`;
    const access = `access-${this.refreshes}`;
    this.validTokens.add(access);
    return Response.json({
      access_token: access,
      token_type: "Bearer",
      expires_in: 900,
      user: { id: "u", role: "client" },
    });
  }
}

function problem(status: number, code: string, retryable = false): Response {
  return Response.json(
    { status, code, detail: code, title: code, type: "about:blank", retryable, fields: [] },
    { status },
  );
}

/** Web Locks as several tabs share them: one holder at a time. */
class SharedLocks {
  private last: Promise<unknown> = Promise.resolve();
  request(_name: string, work: () => Promise<unknown>): Promise<unknown> {
    const turn = this.last.then(work, work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

const locks = new SharedLocks() as unknown as LockManager;
let server: LoginServer;

function openTab(): { login: Login; api: ApiClient } {
  const login = new Login({ fetch: server.fetch, storage: localStorage, locks, channel: null, now: () => Date.now() });
  const api = new ApiClient(login, { fetch: server.fetch, wait: () => Promise.resolve() });
  return { login, api };
}

beforeEach(() => {
  localStorage.clear();
  localStorage.setItem("soulseer.logged_in", "1");
  server = new LoginServer();
});

describe("a login", () => {
  test("is restored from the cookie when the page is opened", async () => {
    const { login } = openTab();
    await login.restore();
    expect(login.user?.id).toBe("u");
  });

  test("is not asked for when this browser was never logged in", async () => {
    localStorage.clear();
    const { login } = openTab();
    await login.restore();
    expect(login.state.value).toEqual({ kind: "anonymous", isExpired: false });
    expect(server.refreshes).toBe(0);
  });

  test("refreshes once however many requests find the token expired", async () => {
    const { login, api } = openTab();
    await login.restore();
    server.validTokens.clear();
    await Promise.all([api.get("/a"), api.get("/b"), api.get("/c")]);
    expect(server.refreshes).toBe(2);
    expect(server.isStolen).toBe(false);
  });

  test("is refreshed by two tabs in turn, so that no refresh token is used twice", async () => {
    const tabs = [openTab(), openTab()];
    await Promise.all(tabs.map((tab) => tab.login.restore()));
    server.validTokens.clear();
    await Promise.all(tabs.map((tab) => tab.api.get("/a")));
    expect(server.isStolen).toBe(false);
  });

  test("that was revoked ends here and says that it expired", async () => {
    const { login, api } = openTab();
    await login.restore();
    server.validTokens.clear();
    server.cookie = null;
    await expect(api.get("/a")).rejects.toMatchObject({ status: 401 });
    expect(login.state.value).toEqual({ kind: "anonymous", isExpired: true });
  });

  test("stays when the network fails while refreshing", async () => {
    const { login } = openTab();
    await login.restore();
    vi.spyOn(server, "fetch");
    const offline = new Login({
      fetch: () => Promise.reject(new TypeError("offline")),
      storage: localStorage,
      locks,
      channel: null,
      now: () => Date.now(),
    });
    await expect(offline.refresh(null)).rejects.toMatchObject({ code: "network.unreachable" });
    expect(localStorage.getItem("soulseer.logged_in")).toBe("1");
  });
});

describe("a request", () => {
  test("that moves money is repeated with the same key when the answer was lost", async () => {
    const { login, api } = openTab();
    await login.restore();
    const answers: (Response | Error)[] = [new TypeError("reset"), Response.json({ id: "top-up" })];
    server.answer = () => answers.shift() ?? new TypeError("none left");
    const topUp = await api.post<{ id: string }>("/wallet/top-ups", { amount_minor: 1000 }, { idempotencyKey: "k" });
    expect(topUp.id).toBe("top-up");
    expect(server.calls.map((call) => call.key)).toEqual(["k", "k"]);
  });

  test("without a key is not repeated, because it might take effect twice", async () => {
    const { login, api } = openTab();
    await login.restore();
    server.answer = () => new TypeError("reset");
    await expect(api.post("/consultations/1/review", {})).rejects.toMatchObject({ code: "network.unreachable" });
    expect(server.calls).toHaveLength(1);
  });

  test("that is refused carries the server's code and each field's message", async () => {
    const { api } = openTab();
    server.answer = () =>
      Response.json(
        { status: 422, code: "validation.failed", detail: "no", fields: [{ path: "email", message: "is taken" }] },
        { status: 422 },
      );
    const error = await api.post("/auth/register", {}, { isPublic: true }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).code).toBe("validation.failed");
    expect((error as Problem).fieldMessage("email")).toBe("is taken");
  });

  test("with a wrong password does not end the login that makes it", async () => {
    const { login, api } = openTab();
    await login.restore();
    server.answer = () => problem(401, "auth.invalid_credentials");
    await expect(api.post("/me/password", {})).rejects.toMatchObject({ code: "auth.invalid_credentials" });
    expect(login.user).not.toBeNull();
  });
});
