export { announce, announcement, gatheredAnnouncements } from "./announcer";
export { backoff, LiveConnection, type LiveOptions, type LiveState, liveState } from "./connection";
export { type Live, type Refetch, useLive } from "./useLive";
export { LiveValues, useLiveValue } from "./values";
