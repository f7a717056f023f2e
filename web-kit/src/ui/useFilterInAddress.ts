import { useEffect, useRef, useState } from "react";
import { useLocation, useSearchParams } from "react-router-dom";

const PAUSE_MS = 180;

/**
 * A filter that lives in the address, so that a reload, the way back and a shared link keep it. `word` names the
 * parameter that the search box writes, after a pause in the typing.
 */
export function useFilterInAddress(word: string) {
  const [params, setParams] = useSearchParams();
  const typed = (useLocation().state as { typed?: boolean } | null)?.typed === true;
  const [text, setText] = useTextFollowing(params.get(word) ?? "", typed);

  const put = (name: string, value: string) =>
    setParams(
      (before) => {
        if (value) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true, state: { typed: true } },
    );

  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(pause.current), []);

  return {
    params,
    /** What stands in the search box. */
    text,
    search: (value: string) => {
      setText(value);
      clearTimeout(pause.current);
      const here = window.location.pathname;
      pause.current = setTimeout(() => {
        // While the next screen is loading, this one still stands: writing its address now would lead back to it.
        if (window.location.pathname === here) put(word, value.trim());
      }, PAUSE_MS);
    },
    /** Sets another parameter; "" takes it out. */
    put,
    reset: () => {
      setText("");
      setParams({}, { replace: true, state: { typed: true } });
    },
  };
}

/** The text of the search box: its own while someone types, the address's after any other navigation. */
function useTextFollowing(inAddress: string, typed: boolean) {
  const [text, setText] = useState(inAddress);
  const [seen, setSeen] = useState(inAddress);
  if (seen !== inAddress) {
    setSeen(inAddress);
    if (!typed) setText(inAddress);
  }
  return [text, setText] as const;
}
