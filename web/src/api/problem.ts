// One error type for everything that can go wrong between a click and its answer.

export interface FieldProblem {
  field: string;
  message: string;
  remedy?: string;
}

interface ProblemParts {
  code: string;
  status: number;
  title: string;
  detail: string;
  remedy?: string;
  requestId?: string;
  fields?: FieldProblem[];
  retryAfter?: number;
}

export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly remedy: string | undefined;
  readonly requestId: string | undefined;
  readonly fields: FieldProblem[];
  readonly retryAfter: number | undefined;

  constructor(parts: ProblemParts) {
    super(parts.detail || parts.title);
    this.name = "Problem";
    this.code = parts.code;
    this.status = parts.status;
    this.title = parts.title;
    this.detail = parts.detail;
    this.remedy = parts.remedy;
    this.requestId = parts.requestId;
    this.fields = parts.fields ?? [];
    this.retryAfter = parts.retryAfter;
  }

  /** The message for one form field, remedy included, or null. */
  forField(name: string): string | null {
    const found = this.fields.find((f) => f.field === name || f.field.startsWith(`${name}.`));
    if (!found) return null;
    return found.remedy ? `${sentence(found.message)} ${sentence(found.remedy)}` : sentence(found.message);
  }
}

export function problemFrom(body: unknown, response: Response): Problem {
  const b = isRecord(body) ? body : {};
  const requestId = text(b.request_id) ?? response.headers.get("x-request-id") ?? undefined;
  const retryAfter = Number(response.headers.get("retry-after"));
  return new Problem({
    code: text(b.code) ?? codeForStatus(response.status),
    status: response.status,
    title: text(b.title) ?? "The server could not do that",
    detail: text(b.detail) ?? `The server answered with status ${response.status} and no explanation.`,
    remedy: text(b.remedy) ?? defaultRemedy(response.status),
    requestId,
    fields: Array.isArray(b.errors) ? b.errors.filter(isFieldProblem) : [],
    retryAfter: retryAfter > 0 ? retryAfter : undefined,
  });
}

export function offline(): Problem {
  return new Problem({
    code: "offline",
    status: 0,
    title: "The server cannot be reached",
    detail: "Your browser could not connect to Marketflow, so nothing was changed.",
    remedy: "Check your connection, then try again. The page reconnects by itself.",
  });
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({
    code: "internal",
    status: 0,
    title: "Something went wrong on this page",
    detail: error instanceof Error ? error.message : String(error),
    remedy: "Reload the page. If it happens again, tell whoever runs this server.",
  });
}

function codeForStatus(status: number): string {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 412) return "stale";
  return status >= 500 ? "internal" : "invalid";
}

function defaultRemedy(status: number): string | undefined {
  if (status === 429) return "Wait a moment, then try again.";
  if (status >= 500) return "Try again in a minute. If it keeps happening, give the request id to whoever runs this server.";
  return undefined;
}

function sentence(value: string): string {
  const s = value.trim();
  if (!s) return s;
  const capital = s.charAt(0).toUpperCase() + s.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return isRecord(value) && typeof value.field === "string" && typeof value.message === "string";
}
