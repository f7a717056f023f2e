/** An error body as RFC 9457 describes it. */
export interface Problem {
  title: string;
  status: number;
  detail?: string;
  correlation_id?: string;
  errors?: ProblemPart[];
}

export interface ProblemPart {
  pointer?: string;
  detail?: string;
}

/** The server answered, and the answer was no. */
export class ApiError extends Error {
  constructor(
    readonly problem: Problem,
    /** Seconds to wait before asking again, when the server said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
  }

  get status(): number {
    return this.problem.status;
  }

  get parts(): ProblemPart[] {
    return this.problem.errors ?? [];
  }
}

/** No answer came: no network, a closed connection, or a wait that became too long. */
export class NetworkError extends Error {
  constructor(message = "The server could not be reached.") {
    super(message);
    this.name = "NetworkError";
  }
}

/** Whether asking again may well succeed. */
export function isTransient(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && (error.status >= 500 || error.status === 429));
}

/** Turns an unsuccessful answer into an ApiError, also when its body comes from a proxy and is not a problem document. */
export async function problemOf(response: Response): Promise<ApiError> {
  const fallback: Problem = { title: response.statusText || `Error ${response.status}`, status: response.status };
  const body: unknown = await response.json().catch(() => null);
  const problem = typeof body === "object" && body !== null ? { ...fallback, ...body, status: response.status } : fallback;
  return new ApiError(problem, retryAfterOf(response));
}

function retryAfterOf(response: Response): number | null {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

/** One title and one sentence for people, for any error that a screen can meet. */
export function describe(error: unknown): { title: string; detail: string } {
  if (error instanceof NetworkError) {
    return { title: "No connection", detail: "The server could not be reached. Check the network and try again." };
  }
  if (!(error instanceof ApiError)) {
    return { title: "Something went wrong", detail: "The page could not show this. Reload it and try again." };
  }
  if (error.status === 429) {
    return { title: "Too many requests", detail: `Please wait ${waitText(error.retryAfter)} and try again.` };
  }
  if (error.status >= 500) {
    const reference = error.problem.correlation_id ? ` Reference: ${error.problem.correlation_id}.` : "";
    return { title: "The server has a problem", detail: `Nothing you did wrong. Try again in a moment.${reference}` };
  }
  return { title: error.problem.title, detail: error.problem.detail ?? "The server refused this request." };
}

/** "30 seconds", "2 minutes", or "a minute" when the server did not say. */
export function waitText(seconds: number | null): string {
  if (seconds === null) return "a minute";
  if (seconds <= 1) return "a second";
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
