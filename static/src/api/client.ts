/** One way to call the HTTP API: token, JSON, problem+json, idempotency keys and careful retries. */
import type { Login } from "./login";
import { type Problem, responseProblem, unreachable } from "./problems";

export interface RequestOptions {
  query?: Record<string, string | number | boolean | readonly string[] | null | undefined>;
  body?: unknown;
  form?: FormData;
  /** Sent with every attempt, so that a repeat after a lost answer moves the money once. */
  idempotencyKey?: string;
  /** Public pages are asked without a token when nobody is logged in. */
  isPublic?: boolean;
  signal?: AbortSignal;
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const BASE = "/api/v1";
const ATTEMPTS = 3;
const RETRY_DELAYS_MS = [400, 1500];

export class ApiClient {
  constructor(
    private readonly login: Login,
    private readonly environment: {
      fetch: typeof fetch;
      wait: (milliseconds: number) => Promise<void>;
      /** Told the server's clock (second precision) from each answer's Date header. */
      onServerTime?: (serverMs: number) => void;
    },
  ) {}

  get<Body>(path: string, options: RequestOptions = {}): Promise<Body> {
    return this.request<Body>("GET", path, options);
  }

  post<Body>(path: string, body?: unknown, options: RequestOptions = {}): Promise<Body> {
    return this.request<Body>("POST", path, { body, ...options });
  }

  put<Body>(path: string, body?: unknown): Promise<Body> {
    return this.request<Body>("PUT", path, { body });
  }

  patch<Body>(path: string, body: unknown): Promise<Body> {
    return this.request<Body>("PATCH", path, { body });
  }

  delete<Body = void>(path: string, body?: unknown): Promise<Body> {
    return this.request<Body>("DELETE", path, body === undefined ? {} : { body });
  }

  /** The bytes of an answer that is not JSON, such as a transcript. */
  async download(path: string, options: RequestOptions = {}): Promise<Blob> {
    return (await this.send("GET", path, options)).blob();
  }

  async request<Body>(method: Method, path: string, options: RequestOptions): Promise<Body> {
    const response = await this.send(method, path, options);
    if (response.status === 204 || response.headers.get("Content-Length") === "0") return undefined as Body;
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text)) as Body;
  }

  private async send(method: Method, path: string, options: RequestOptions): Promise<Response> {
    const isRepeatable = method === "GET" || options.idempotencyKey !== undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.sendWithLogin(method, path, options);
      } catch (error) {
        const problem = error as Problem;
        const mayRepeat = isRepeatable && problem.isRetryable && problem.status !== 429 && attempt < ATTEMPTS;
        if (!mayRepeat || options.signal?.aborted) throw error;
        await this.environment.wait(RETRY_DELAYS_MS[attempt - 1] ?? 1500);
      }
    }
  }

  private async sendWithLogin(method: Method, path: string, options: RequestOptions): Promise<Response> {
    const token = await this.login.freshToken();
    const response = await this.sendOnce(method, path, options, token);
    if (response.ok) return response;
    const problem = await responseProblem(response);
    if (problem.status !== 401 || token === null || isAboutThePassword(problem)) throw problem;
    const renewed = await this.login.refresh(token);
    if (renewed === null && !options.isPublic) throw problem;
    const second = await this.sendOnce(method, path, options, renewed);
    if (second.ok) return second;
    throw await responseProblem(second);
  }

  private async sendOnce(method: Method, path: string, options: RequestOptions, token: string | null) {
    const headers = new Headers({ Accept: "application/json" });
    if (token !== null) headers.set("Authorization", `Bearer ${token}`);
    if (options.idempotencyKey !== undefined) headers.set("Idempotency-Key", options.idempotencyKey);
    const request: RequestInit = { method, headers, credentials: "same-origin" };
    if (options.signal) request.signal = options.signal;
    if (options.form) request.body = options.form;
    else if (options.body !== undefined) {
      headers.set("Content-Type", "application/json");
      request.body = JSON.stringify(options.body);
    }
    try {
      const response = await this.environment.fetch(BASE + path + queryString(options.query), request);
      this.readServerTime(response);
      return response;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw unreachable();
    }
  }

  private readServerTime(response: Response): void {
    const date = response.headers.get("Date");
    // The header is cut to the second; its middle is the best guess.
    if (date !== null) this.environment.onServerTime?.(Date.parse(date) + 500);
  }
}

function isAboutThePassword(problem: Problem): boolean {
  return (
    problem.code === "auth.invalid_credentials" ||
    problem.code.startsWith("auth.totp") ||
    problem.code === "auth.invalid_totp"
  );
}

function queryString(query: RequestOptions["query"]): string {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    [value ?? ""].flat().map((one): [string, string] => [key, String(one)]),
  );
  const given = pairs.filter(([, value]) => value !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
