import { beforeEach, describe, expect, test, vi } from "vitest";

import { reading } from "./answers";
import { fakeCaches } from "./fakes";
import { READ_AT } from "./names";
import { closeReadings, noteReading, openReadings, readAt, rememberedReader } from "./readings";

const ines = { id: "u-ines", name: "Ines" };
const marta = { id: "u-marta", name: "Marta" };

/** A token as the server signs them, without the signature: nobody here checks it. */
const tokenOf = (person: { id: string }) => `Bearer header.${btoa(JSON.stringify({ sub: person.id }))}.signature`;

/** The answer to a request, once it is kept. */
async function ask(address: string, person?: { id: string }): Promise<Response> {
  const work: Promise<void>[] = [];
  const headers = person ? { Authorization: tokenOf(person) } : {};
  const answer = await reading(new Request(new URL(address, location.origin), { headers }), (each) => work.push(each));
  await Promise.all(work);
  return answer;
}

const answers = (body: string, status = 200) => vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, { status })));
const silence = () => vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));

beforeEach(async () => {
  vi.stubGlobal("caches", fakeCaches());
  await openReadings(ines);
});

describe("reading without a network", () => {
  test("what was read last is answered again, and says when it was read", async () => {
    answers("first");
    await ask("/api/items?q=ring", ines);
    answers("second");
    expect((await ask("/api/items?q=ring", ines)).headers.get(READ_AT)).toBeNull();
    silence();
    const old = await ask("/api/items?q=ring", ines);
    expect(await old.text()).toBe("second");
    expect(Date.now() - Date.parse(old.headers.get(READ_AT) ?? "")).toBeLessThan(5_000);
  });

  test("another address was not read, and fails as it would without a store", async () => {
    answers("rings");
    await ask("/api/items?q=ring", ines);
    silence();
    await expect(ask("/api/items?q=watch", ines)).rejects.toBeInstanceOf(TypeError);
  });

  test("an edge without its service counts as silence, and its own refusal stays where nothing was read", async () => {
    answers("rings");
    await ask("/api/items", ines);
    answers("Bad gateway", 502);
    expect(await (await ask("/api/items", ines)).text()).toBe("rings");
    expect((await ask("/api/sales", ines)).status).toBe(502);
  });

  test("a refusal is neither kept nor hidden", async () => {
    answers("rings");
    await ask("/api/items", ines);
    answers("Not allowed", 403);
    expect((await ask("/api/items", ines)).status).toBe(403);
    silence();
    expect(await (await ask("/api/items", ines)).text()).toBe("rings");
  });

  test("a page that was opened without a network has no token yet and reads on", async () => {
    answers("rings");
    await ask("/api/items", ines);
    silence();
    expect(await rememberedReader()).toEqual(ines);
    expect(await (await ask("/api/items")).text()).toBe("rings");
  });
});

describe("nobody reads what another has read", () => {
  test("signing out empties the store", async () => {
    answers("rings");
    await ask("/api/items", ines);
    await closeReadings();
    silence();
    await expect(ask("/api/items")).rejects.toBeInstanceOf(TypeError);
    expect(await rememberedReader()).toBeNull();
  });

  test("an answer that comes after the sign-out is not kept", async () => {
    let arrive: (response: Response) => void = () => undefined;
    vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => (arrive = resolve)));
    const pending = ask("/api/items", ines);
    await closeReadings();
    arrive(new Response("rings"));
    await pending;
    silence();
    await expect(ask("/api/items")).rejects.toBeInstanceOf(TypeError);
  });

  test("the next person begins with an empty store, also where the last did not sign out", async () => {
    answers("of Ines");
    await ask("/api/items", ines);
    await openReadings(marta);
    silence();
    await expect(ask("/api/items", marta)).rejects.toBeInstanceOf(TypeError);
  });

  test("a token of somebody else neither writes nor reads", async () => {
    answers("of Marta");
    await ask("/api/items", marta);
    answers("of Ines");
    await ask("/api/sales", ines);
    silence();
    await expect(ask("/api/items", ines)).rejects.toBeInstanceOf(TypeError);
    await expect(ask("/api/sales", marta)).rejects.toBeInstanceOf(TypeError);
  });

  test("the same person who signs in again keeps what was read", async () => {
    answers("rings");
    await ask("/api/items", ines);
    await openReadings({ ...ines, name: "Ines M." });
    silence();
    expect(await (await ask("/api/items", ines)).text()).toBe("rings");
  });
});

test("the oldest of more than 400 answers go", async () => {
  answers("row");
  for (let row = 0; row < 402; row += 1) await ask(`/api/items/${row}`, ines);
  silence();
  await expect(ask("/api/items/1", ines)).rejects.toBeInstanceOf(TypeError);
  expect(await (await ask("/api/items/2", ines)).text()).toBe("row");
});

test("the screens know since when what they show is old, until the server answers again", () => {
  noteReading(new Response("", { headers: { [READ_AT]: "2026-11-21T10:00:00Z" } }));
  expect(readAt.get()).toBe(Date.parse("2026-11-21T10:00:00Z"));
  noteReading(new Response(""));
  expect(readAt.get()).toBeNull();
});
