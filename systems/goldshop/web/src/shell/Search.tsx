import { SearchField, useSettled } from "@stackyard/web-kit/ui";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useNavigate } from "react-router-dom";

import { searchQuery } from "../api/figures";
import { pageOfFound } from "./found";
import { FoundList } from "./FoundList";

/** One field for items, people and documents. "/" leads to it, the arrows choose, Enter opens, Escape leaves. */
export function Search() {
  const field = useFieldOnSlash();
  const navigate = useNavigate();
  const list = useId();
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [place, setPlace] = useState(0);
  const q = useSettled(text.trim());
  const query = useQuery(searchQuery(q));
  const found = query.data?.items ?? [];
  const isShown = isOpen && q !== "";
  const chosen = found[Math.min(place, found.length - 1)];

  const leave = () => {
    setOpen(false);
    setText("");
  };
  const open = (one: (typeof found)[number]) => {
    leave();
    field.current?.blur();
    navigate(pageOfFound(one));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      leave();
      field.current?.blur();
    }
    if (!isShown || found.length === 0) return;
    if (event.key === "Enter" && chosen && !query.isPlaceholderData) open(chosen);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setPlace((Math.min(place, found.length - 1) + step + found.length) % found.length);
  };

  return (
    <div
      role="search"
      aria-label="The shop"
      className="relative"
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <SearchField
        ref={field}
        label="Search the shop"
        placeholder="Items, people, documents"
        role="combobox"
        aria-expanded={isShown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={isShown && chosen ? `${list}-${found.indexOf(chosen)}` : undefined}
        aria-keyshortcuts="/"
        value={text}
        onFocus={() => setOpen(true)}
        onChange={(event) => {
          setText(event.target.value);
          setPlace(0);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
      />
      {text === "" ? (
        <kbd aria-hidden="true" className="pointer-events-none absolute top-3 right-3 rounded border border-line bg-sunken px-1.5 font-mono text-xs leading-4.5 text-muted max-md:hidden">
          /
        </kbd>
      ) : null}
      <FoundList id={list} isShown={isShown} query={query} found={found} chosen={chosen} onOpen={open} onPoint={setPlace} />
    </div>
  );
}

/** The field, which gets the focus when somebody presses "/" anywhere but in another field. */
function useFieldOnSlash() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);
  return field;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/u.test(target.tagName));
