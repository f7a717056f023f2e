export { ApiError, describe, isTransient, NetworkError, type Problem, type ProblemPart, problemOf, waitText } from "./errors";
export { answer, type Call, send } from "./http";
export { createQueryClient } from "./queryClient";
export { Session, type SessionOptions, type SessionState, type TokenAnswer } from "./session";
