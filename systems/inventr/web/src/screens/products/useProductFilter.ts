import { useEffect, useRef, useState } from "react";
import { useLocation, useSearchParams } from "react-router-dom";

import type { ProductFilter } from "../../api/endpoints";

const PAUSE_MS = 180;

/** The filter lives in the address, so that a reload, the way back and a shared link keep it. Typing writes it after a pause. */
export function useProductFilter() {
  const [params, setParams] = useSearchParams();
  const typed = (useLocation().state as { typed?: boolean } | null)?.typed === true;
  const filter: ProductFilter = {
    search: params.get("search") ?? "",
    category: params.get("category") ?? "",
    lowStock: params.get("low") === "1",
  };
  const [text, setText] = useTextFollowing(filter.search, typed);

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
    filter,
    text,
    search: (value: string) => {
      setText(value);
      clearTimeout(pause.current);
      const here = window.location.pathname;
      pause.current = setTimeout(() => {
        // While the next screen is loading, this one still stands: writing its address now would lead back to it.
        if (window.location.pathname === here) put("search", value.trim());
      }, PAUSE_MS);
    },
    setCategory: (value: string) => put("category", value),
    setLowStock: (on: boolean) => put("low", on ? "1" : ""),
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
