import { ApiError } from "@stackyard/web-kit/api";
import { announce } from "@stackyard/web-kit/live";
import { Drawing, SearchField, useSettled } from "@stackyard/web-kit/ui";
import { useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, lazy, Suspense, useRef, useState } from "react";

import { lookupQuery } from "../api/stock";
import type { Lookup } from "../api/types";
import { useWedge } from "../scan/useWedge";
import { FoundItems } from "./FoundItems";
import { Problem } from "./Problem";

const Camera = lazy(() => import("../scan/Camera"));
const CAMERA = "M4 8.5h3.500l1.500-2.500h6l1.500 2.500H20v10H4v-10Zm8 7.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z";

/** What was chosen: a variant and its item. */
export type Picked = Pick<Lookup, "item" | "variant">;

interface Props {
  label: string;
  onPick: (picked: Picked) => void;
}

/** Finds goods: by a scanner, by a code or a name that is typed, or by the camera. */
export function Finder({ label, onPick }: Props) {
  const [text, setText] = useState("");
  const [camera, setCamera] = useState(false);
  const field = useRef<HTMLDivElement>(null);
  const focusField = () => field.current?.querySelector("input")?.focus();
  const pick = (picked: Picked) => {
    setText("");
    onPick(picked);
    announce(`${picked.item.name} chosen.`);
  };
  const { scan, problem, forget } = useScan(pick);
  useWedge((code) => void scan(code));

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (text.trim()) void scan(text.trim());
  };
  return (
    <div>
      <form role="search" aria-label={label} onSubmit={submit} className="flex gap-2">
        <div ref={field} className="min-w-0 flex-1">
          <SearchField
            label={label}
            placeholder="Scan a code, or type a name"
            value={text}
            onChange={(event) => {
              forget();
              setText(event.target.value);
            }}
          />
        </div>
        <button
          type="button"
          aria-label="Scan with the camera"
          className="grid size-11 shrink-0 place-items-center rounded-lg border border-edge bg-surface text-muted hover:border-accent hover:text-accent"
          onClick={() => setCamera(true)}
        >
          <Drawing path={CAMERA} />
        </button>
      </form>
      {problem ? (
        <div className="mt-3">
          <Problem error={problem} />
        </div>
      ) : null}
      <FoundItems
        q={useSettled(text.trim())}
        onPick={(picked) => {
          pick(picked);
          focusField();
        }}
      />
      {camera ? (
        <Suspense>
          <Camera
            onClose={() => setCamera(false)}
            onScan={(code) => {
              setCamera(false);
              void scan(code);
            }}
          />
        </Suspense>
      ) : null}
    </div>
  );
}

/** Looks a code up and hands on what it stands for. */
function useScan(onFound: (picked: Picked) => void) {
  const client = useQueryClient();
  const [problem, setProblem] = useState<unknown>(null);
  const scan = async (code: string) => {
    setProblem(null);
    try {
      onFound(await client.query({ ...lookupQuery(code), staleTime: 0 }));
    } catch (error) {
      setProblem(error instanceof ApiError && error.status === 404 ? unknownCode(code) : error);
    }
  };
  return { scan, problem, forget: () => setProblem(null) };
}

const unknownCode = (code: string): ApiError =>
  new ApiError({ title: "Nothing has this code", status: 404, detail: `No goods have the code or the SKU “${code}”.` });
