import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { backoff, LiveConnection, liveState } from "./connection";

class FakeSocket {
  static all: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: unknown[] = [];

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.onclose?.({ code: 1000 });
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const token = vi.fn((fresh: boolean) => Promise.resolve(fresh ? "fresh" : "usual"));
const onEvent = vi.fn();
const onReady = vi.fn();
let connection: LiveConnection<{ type: string }>;

const last = (): FakeSocket => {
  const socket = FakeSocket.all.at(-1);
  if (!socket) throw new Error("No socket was opened.");
  return socket;
};
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(async () => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  token.mockImplementation((fresh) => Promise.resolve(fresh ? "fresh" : "usual"));
  onEvent.mockReset();
  onReady.mockReset();
  connection = new LiveConnection<{ type: string }>({ url: "ws://shop/api/ws", token, onEvent, onReady });
  connection.start();
  await pass(0);
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

test("it signs in with the first message and is live when the server says so", () => {
  last().onopen?.();
  expect(last().sent).toEqual([{ type: "auth", token: "usual" }]);
  expect(liveState.get().phase).toBe("connecting");
  last().says({ type: "ready" });
  expect(liveState.get().phase).toBe("live");
  expect(onReady).toHaveBeenCalledOnce();
});

test("it hands on stock changes and keeps pings to itself", () => {
  last().says({ type: "ready" });
  last().says({ type: "ping" });
  last().says({ type: "stock", product_id: "p", sku: "MUG-01", stock: 3, updated_at: "2026-11-21T10:00:00Z" });
  expect(onEvent).toHaveBeenCalledOnce();
  expect(onEvent).toHaveBeenCalledWith(expect.objectContaining({ sku: "MUG-01", stock: 3 }));
});

test("a closed connection is shown as such, comes back, and asks for a refetch again", async () => {
  last().says({ type: "ready" });
  last().onclose?.({ code: 1006 });
  expect(liveState.get().phase).toBe("waiting");
  await pass(500);
  expect(FakeSocket.all).toHaveLength(2);
  last().says({ type: "ready" });
  expect(onReady).toHaveBeenCalledTimes(2);
});

test.each([4401, 4408])("after close code %i it asks for a fresh token", async (code) => {
  last().onclose?.({ code });
  await pass(500);
  last().onopen?.();
  expect(last().sent).toEqual([{ type: "auth", token: "fresh" }]);
});

test("45 seconds without even a ping count as a lost connection", async () => {
  last().says({ type: "ready" });
  await pass(44_000);
  expect(liveState.get().phase).toBe("live");
  await pass(1_500);
  expect(FakeSocket.all).toHaveLength(2);
});

test("when the network returns it does not wait any longer", async () => {
  for (let failure = 0; failure < 6; failure += 1) {
    last().onclose?.({ code: 1006 });
    if (failure < 5) await pass(30_000);
  }
  const before = FakeSocket.all.length;
  window.dispatchEvent(new Event("online"));
  await pass(0);
  expect(FakeSocket.all).toHaveLength(before + 1);
});

test("a stopped connection stays stopped", async () => {
  connection.stop();
  await pass(120_000);
  expect(FakeSocket.all).toHaveLength(1);
});

test("waits double from half a second up to thirty seconds, and half of each is left to chance", () => {
  expect([0, 1, 2, 3].map((attempt) => backoff(attempt, 1))).toEqual([500, 1_000, 2_000, 4_000]);
  expect(backoff(20, 1)).toBe(30_000);
  expect(backoff(0, 0)).toBe(250);
});
