import { ApiError } from "@stackyard/web-kit/api";
import { useMutation, useQueryClient } from "@tanstack/react-query";

/**
 * A key for doing something once: the same for the same request until the server has given a definite answer, also
 * after a reload. So a repeated press, or a second try after silence, does nothing twice.
 */
interface Attempt {
  body: string;
  key: string;
}

const placeOf = (name: string): string => `attempt-${name}`;

/** The key under which `input` is to be asked for. */
export function attemptKey(name: string, input: unknown): string {
  const body = JSON.stringify(input);
  const held = stored(name);
  if (held?.body === body) return held.key;
  const attempt: Attempt = { body, key: crypto.randomUUID() };
  sessionStorage.setItem(placeOf(name), JSON.stringify(attempt));
  return attempt.key;
}

/** The server has answered: the next attempt is another. */
export const endAttempt = (name: string): void => sessionStorage.removeItem(placeOf(name));

/** A refusal is final; a server error, a limit, silence, or "it is being worked on" leave it unknown whether it was done. */
export function isDefinite(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.retryAfter !== null) return false;
  return error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/**
 * A change that is made once however often it is asked for. `name` is one for each kind of it; `touches` are the
 * first words of the queries that are then old.
 */
export function useOnce<Input, Output>(
  name: string,
  send: (input: Input, headers: { "Idempotency-Key": string }) => Promise<Output>,
  touches: readonly string[],
  onSuccess: (output: Output) => void,
) {
  const refetch = useRefetch();
  return useMutation({
    mutationFn: async (input: Input) => {
      try {
        const output = await send(input, { "Idempotency-Key": attemptKey(name, input) });
        endAttempt(name);
        return output;
      } catch (error) {
        if (isDefinite(error)) endAttempt(name);
        throw error;
      }
    },
    onSuccess: (output) => {
      refetch(touches);
      onSuccess(output);
    },
  });
}

/** A change that may be asked for again without harm. */
export function useChange<Input, Output>(
  send: (input: Input) => Promise<Output>,
  touches: readonly string[],
  onSuccess: (output: Output) => void = () => undefined,
) {
  const refetch = useRefetch();
  return useMutation({
    mutationFn: send,
    onSuccess: (output) => {
      refetch(touches);
      onSuccess(output);
    },
  });
}

function useRefetch() {
  const client = useQueryClient();
  return (touches: readonly string[]) =>
    void client.invalidateQueries({ predicate: ({ queryKey: [subject] }) => touches.includes(String(subject)) });
}

function stored(name: string): Attempt | null {
  const text = sessionStorage.getItem(placeOf(name));
  return text === null ? null : (JSON.parse(text) as Attempt);
}
