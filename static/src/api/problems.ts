/** What can go wrong with a request or a live command, as one error type with the server's dotted code. */
import type { CommandError, FieldProblem, ProblemDetails } from "../protocol";

export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly isRetryable: boolean;
  readonly fields: FieldProblem[];
  readonly retryAfterSeconds: number | null;
  /** The address of what this is about, such as a top-up that waits. */
  readonly instance: string | null;

  constructor(facts: {
    code: string;
    message: string;
    status: number;
    retryable: boolean;
    fields?: FieldProblem[];
    retryAfterSeconds?: number | null;
    instance?: string | null;
  }) {
    super(facts.message);
    this.name = "Problem";
    this.code = facts.code;
    this.status = facts.status;
    this.isRetryable = facts.retryable;
    this.fields = facts.fields ?? [];
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
    this.instance = facts.instance ?? null;
  }

  fieldMessage(path: string): string | undefined {
    return this.fields.find((field) => field.path === path || field.path.endsWith(`.${path}`))?.message;
  }
}

/** The answer never came: nobody knows whether the request took effect. */
export function unreachable(): Problem {
  return new Problem({ code: "network.unreachable", message: "", status: 0, retryable: true });
}

export function commandProblem(error: CommandError): Problem {
  return new Problem(error);
}

export async function responseProblem(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get("Retry-After"));
  const retryAfterSeconds = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  try {
    const body = (await response.json()) as Partial<ProblemDetails>;
    return new Problem({
      code: body.code ?? `http.${response.status}`,
      message: body.detail ?? body.title ?? "",
      status: response.status,
      retryable: body.retryable ?? response.status >= 500,
      fields: body.fields ?? [],
      retryAfterSeconds,
      instance: body.instance ?? null,
    });
  } catch {
    // A proxy's own error page is not JSON.
    return new Problem({
      code: `http.${response.status}`,
      message: "",
      status: response.status,
      retryable: response.status >= 500,
      retryAfterSeconds,
    });
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ code: "app.failed", message: String(error), status: 0, retryable: false });
}
