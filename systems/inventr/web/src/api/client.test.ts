import { beforeEach, describe, expect, test } from "vitest";

import { grant, json, problem, serve } from "../testing/server";
import { ask } from "./client";
import { ApiError, describe as explain, isTransient, NetworkError } from "./errors";
import { currentToken, resume, session, signIn } from "./session";

beforeEach(async () => {
  serve(() => json(grant("first")));
  await signIn("clerk@inventr.example", "counter-demo-26");
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
    expect(session.get()).toEqual({ status: "signed-out", ended: true });
    expect(currentToken()).toBeNull();
  });

  test("a renewal that meets a broken server leaves the person signed in", async () => {
    serve(({ path }) => (path === "/api/auth/refresh" ? problem(503, "Restarting") : problem(401, "Token ended")));
    await expect(ask("/products")).rejects.toMatchObject({ status: 503 });
    expect(session.get().status).toBe("signed-in");
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
    session.set({ status: "starting" });
    serve(() => Promise.reject(new TypeError("Failed to fetch")));
    await resume();
    expect(session.get()).toMatchObject({ status: "unreachable" });
  });

  test("a refused cookie leads to the sign-in without a word about an ended session", async () => {
    serve(() => problem(401, "Ended"));
    await ask("/products").catch(() => undefined);
    session.set({ status: "starting" });
    await resume();
    expect(session.get()).toEqual({ status: "signed-out", ended: false });
  });
});
