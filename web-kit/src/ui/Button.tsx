import type { ComponentProps } from "react";

const LOOKS = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  quiet: "border border-line bg-surface text-ink hover:border-edge",
  light: "border border-line bg-surface text-accent-strong hover:border-accent hover:bg-accent-soft",
  danger: "border border-bad/40 bg-surface text-bad hover:bg-bad-soft",
} as const;

export type Look = keyof typeof LOOKS;

/** The shape that buttons and links that look like buttons share. */
export const buttonClass = (look: Look = "primary", more = ""): string =>
  "inline-flex min-h-11 select-none items-center justify-center gap-2 rounded-lg px-4 text-sm font-medium transition-colors " +
  `disabled:cursor-not-allowed disabled:opacity-55 ${LOOKS[look]} ${more}`;

interface Props extends ComponentProps<"button"> {
  look?: Look;
}

export function Button({ look = "primary", className = "", type = "button", ...rest }: Props) {
  return <button type={type} className={buttonClass(look, className)} {...rest} />;
}
