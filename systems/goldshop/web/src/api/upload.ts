import { ApiError, NetworkError, type Problem } from "@stackyard/web-kit/api";

import { access } from "./session";
import type { Image } from "./types";

/** Longer than a request takes: a large picture on a slow line. */
const PATIENCE_MS = 120_000;

/** Sends a picture of an item; `progress` hears which part of it, from 0 to 1, has left. fetch() tells nothing of that. */
export async function uploadPicture(item: string, file: File, progress: (part: number) => void): Promise<Image> {
  const token = await access.lastingToken(false);
  const form = new FormData();
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/items/${item}/images`);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.responseType = "json";
    request.timeout = PATIENCE_MS;
    request.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 0);
    request.onerror = request.ontimeout = () => reject(new NetworkError());
    request.onload = () => {
      if (request.status === 201) resolve(request.response as Image);
      else reject(refusal(request.status, request.response as Problem | null));
    };
    request.send(form);
  });
}

const refusal = (status: number, said: Problem | null): ApiError => new ApiError({ ...(said ?? { title: `Error ${status}` }), status });
