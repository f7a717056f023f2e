import { beforeEach, describe, expect, test } from "vitest";

import { json, problem, serve } from "../testing/server";
import { ApiError, describe as explain, isTransient, NetworkError } from "./errors";
import { Session, type TokenAnswer } from "./session";

interface Person {
  id: string;
  name: string;
}

const grant = (token: string): TokenAnswer<Person> => ({ access_token: token, expires_in: 900, user: { id: "u1", name: "Ines" } });

let access: Session<Person>;
const ask = (path: string): Promise<unknown> => access.ask(path);

beforeEach(async () => {
  access = new Session<Person>({ name: "shop" });
  serve(() => json(grant("first")));
  await access.signIn("clerk@shop.example", "counter-demo-26");
});

describe("asking with an access token", () => {
  test("the token travels in the Authorization header", async () => {
    const seen = serve(() => json(["Kitchen"]));
    expect(await ask("/categories")).toEqual(["Kitchen"]);
    expect(seen).toMatchObject([{ path: "/api/categories", token: "first" }]);
  });

  test("after a 401 the token is renewed once and the request is sent again", async () => {
    const seen = serve(({ path, token }) => {
      if (path === "/api/auth/refresh") return json(grant("second"));
      return token === "second" ? json("in") : problem(401, "Token ended");
    });
    expect(await ask("/products")).toBe("in");
    expect(seen.map(({ path }) => path)).toEqual(["/api/products", "/api/auth/refresh", "/api/products"]);
  });

  test("three requests that meet a 401 together renew the token once", async () => {
    const seen = serve(({ path, token }) => {
      if (path === "/api/auth/refresh") return json(grant("second"));
      return token === "second" ? json("in") : problem(401, "Token ended");
    });
    expect(await Promise.all([ask("/a"), ask("/b"), ask("/c")])).toEqual(["in", "in", "in"]);
    expect(seen.filter(({ path }) => path === "/api/auth/refresh")).toHaveLength(1);
  });

  test("a second 401 is reported, not retried for ever", async () => {
    const seen = serve(({ path }) => (path === "/api/auth/refresh" ? json(grant("second")) : problem(401, "No")));
    await expect(ask("/products")).rejects.toMatchObject({ status: 401 });
    expect(seen).toHaveLength(3);
  });

  test("a refused renewal ends the session", async () => {
    serve(() => problem(401, "Token ended"));
    await expect(ask("/products")).rejects.toBeInstanceOf(ApiError);
    expect(access.state.get()).toEqual({ status: "signed-out", ended: true });
    expect(access.currentToken()).toBeNull();
  });

  test("a renewal that meets a broken server leaves the person signed in", async () => {
    serve(({ path }) => (path === "/api/auth/refresh" ? problem(503, "Restarting") : problem(401, "Token ended")));
    await expect(ask("/products")).rejects.toMatchObject({ status: 503 });
    expect(access.state.get().status).toBe("signed-in");
  });
});

describe("errors", () => {
  test("a problem document keeps its detail and the parts it names", async () => {
    const errors = [{ pointer: "/lines/0/quantity", detail: "Only 2 left." }];
    serve(() => problem(409, "Out of stock", { detail: "Some products are not available.", errors }));
    const error = await ask("/orders").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 409, message: "Some products are not available.", parts: errors });
  });

  test("a proxy's page instead of a problem document still becomes an error for people", async () => {
    serve(() => new Response("<html>Bad gateway</html>", { status: 502, statusText: "Bad Gateway" }));
    const error = await ask("/orders").catch((reason: unknown) => reason);
    expect(explain(error).title).toBe("The server has a problem");
    expect(isTransient(error)).toBe(true);
  });

  test("a limit says how long to wait", async () => {
    serve(() => new Response("", { status: 429, headers: { "Retry-After": "42" } }));
    const error = await ask("/products").catch((reason: unknown) => reason);
    expect(explain(error).detail).toBe("Please wait 42 seconds and try again.");
  });

  test("no answer at all is a network error", async () => {
    serve(() => Promise.reject(new TypeError("Failed to fetch")));
    await expect(ask("/products")).rejects.toBeInstanceOf(NetworkError);
  });
});

describe("the first moments of the app", () => {
  test("without a network nobody is signed out: the app says that it cannot reach its server", async () => {
    serve(() => problem(401, "Ended"));
    await ask("/products").catch(() => undefined);
    access.state.set({ status: "starting" });
    serve(() => Promise.reject(new TypeError("Failed to fetch")));
    await access.resume();
    expect(access.state.get()).toMatchObject({ status: "unreachable" });
  });

  test("a refused cookie leads to the sign-in without a word about an ended session", async () => {
    serve(() => problem(401, "Ended"));
    await ask("/products").catch(() => undefined);
    access.state.set({ status: "starting" });
    await access.resume();
    expect(access.state.get()).toEqual({ status: "signed-out", ended: false });
  });
});

describe("a client that brings its own requests", () => {
  const request = (init: RequestInit = {}) => new Request(new URL("/api/items", location.origin), init);

  test("has them sent with the token, and again with a new one after a 401", async () => {
    const seen = serve(({ path, token }) => {
      if (path === "/api/auth/refresh") return json(grant("second"));
      return token === "second" ? json("in") : problem(401, "Token ended");
    });
    const response = await access.fetch(request({ method: "POST", body: JSON.stringify({ name: "Ring" }) }));
    expect(await response.json()).toBe("in");
    expect(seen.map(({ path, token, body }) => [path, token, body])).toEqual([
      ["/api/items", "first", { name: "Ring" }],
      ["/api/auth/refresh", null, null],
      ["/api/items", "second", { name: "Ring" }],
    ]);
  });

  test("gets a refusal as it is, and silence as a network error", async () => {
    serve(() => problem(409, "Taken"));
    expect((await access.fetch(request())).status).toBe(409);
    serve(() => Promise.reject(new TypeError("Failed to fetch")));
    await expect(access.fetch(request())).rejects.toBeInstanceOf(NetworkError);
  });
});

describe("a password", () => {
  test("is changed once, and the session goes on with the token that comes back", async () => {
    const seen = serve(({ path }) => json(path.endsWith("/password") ? grant("renewed") : ["Rings"]));
    await access.changePassword("counter-demo-26", "a longer one than that");
    await ask("/categories");
    expect(seen.map(({ path, token }) => [path, token])).toEqual([
      ["/api/auth/password", "first"],
      ["/api/categories", "renewed"],
    ]);
    expect(seen[0]?.body).toEqual({ current_password: "counter-demo-26", new_password: "a longer one than that" });
  });

  test("that is wrong is sent once, and nobody is signed out for it", async () => {
    const seen = serve(() => problem(401, "Unauthorized"));
    await expect(access.changePassword("mistaken", "a longer one than that")).rejects.toThrow(ApiError);
    expect(seen.length).toBe(1);
    expect(access.state.get().status).toBe("signed-in");
  });
});

describe("signing out everywhere", () => {
  test("ends the session here once the server has done it, and not before", async () => {
    serve(() => problem(503, "Unavailable"));
    await expect(access.signOutEverywhere()).rejects.toThrow(ApiError);
    expect(access.state.get().status).toBe("signed-in");
    serve(() => new Response(null, { status: 204 }));
    await access.signOutEverywhere();
    expect(access.state.get()).toEqual({ status: "signed-out", ended: false });
  });
});
