import { observable } from "../store/observable";

export interface LiveState {
  phase: "connecting" | "live" | "waiting";
  /** When live updates were last known to flow (milliseconds since 1970), or null when they never did. */
  lastLive: number | null;
}

export interface LiveOptions<Event> {
  url: string;
  /** A valid access token; `fresh` asks for a new one because the last was refused or has ended. */
  token: (fresh: boolean) => Promise<string>;
  /** Takes a message of the server; the ones that only keep the connection do not come here. */
  onEvent: (event: Event) => void;
  /** Called each time updates begin to flow: whatever was fetched before may have missed some. */
  onReady: () => void;
}

/** What the screens say about the connection. */
export const liveState = observable<LiveState>({ phase: "connecting", lastLive: null });

/** The server pings every 20 s; after this silence the connection counts as dead. */
const SILENCE_MS = 45_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const TOKEN_REFUSED = 4401;
const TOKEN_ENDED = 4408;

/** Half of the doubled wait is random, so that a thousand tabs do not return in one moment. */
export function backoff(attempt: number, random: number = Math.random()): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return full / 2 + (full / 2) * random;
}

/** One lasting WebSocket: it authenticates, notices silence, and comes back by itself with growing waits. */
export class LiveConnection<Event extends { type: string }> {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private needsFreshToken = false;
  private stopped = true;

  constructor(private readonly options: LiveOptions<Event>) {}

  start(): void {
    this.stopped = false;
    window.addEventListener("online", this.hurry);
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    window.removeEventListener("online", this.hurry);
    clearTimeout(this.timer);
    this.dropSocket();
  }

  /** The network is back: no reason to sit out the rest of the wait. */
  private readonly hurry = (): void => {
    if (liveState.get().phase !== "waiting") return;
    this.attempt = 0;
    void this.connect();
  };

  private async connect(): Promise<void> {
    clearTimeout(this.timer);
    this.show("connecting");
    let token: string;
    try {
      token = await this.options.token(this.needsFreshToken);
    } catch {
      this.retryLater();
      return;
    }
    if (this.isStopped()) return;
    this.needsFreshToken = false;
    this.open(token);
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private open(token: string): void {
    const socket = new WebSocket(this.options.url);
    this.socket = socket;
    this.listenForSilence();
    socket.onopen = () => socket.send(JSON.stringify({ type: "auth", token }));
    socket.onmessage = (message: MessageEvent<string>) => this.receive(message.data);
    socket.onclose = ({ code }) => {
      this.needsFreshToken = code === TOKEN_REFUSED || code === TOKEN_ENDED;
      this.dropSocket();
      this.retryLater();
    };
  }

  private receive(text: string): void {
    this.listenForSilence();
    const message = JSON.parse(text) as Event | { type: "ready" | "ping" };
    if (message.type === "ready") {
      this.attempt = 0;
      this.show("live");
      this.options.onReady();
    } else if (message.type !== "ping") {
      this.options.onEvent(message as Event);
    }
  }

  private listenForSilence(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.dropSocket();
      this.retryLater();
    }, SILENCE_MS);
  }

  private retryLater(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.show("waiting");
    this.timer = setTimeout(() => void this.connect(), backoff(this.attempt));
    this.attempt += 1;
  }

  private dropSocket(): void {
    if (!this.socket) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  private show(phase: LiveState["phase"]): void {
    const before = liveState.get();
    const wasLive = before.phase === "live" || phase === "live";
    liveState.set({ phase, lastLive: wasLive ? Date.now() : before.lastLive });
  }
}
