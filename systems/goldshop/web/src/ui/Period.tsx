import { TextField } from "@stackyard/web-kit/ui";

interface Props {
  from: string;
  to: string;
  put: (name: "from" | "to", value: string) => void;
}

/** From one day to another, both of them whole; an empty one is no limit. */
export function Period({ from, to, put }: Props) {
  return (
    <>
      <TextField label="From" type="date" max={to} value={from} onChange={(event) => put("from", event.target.value)} />
      <TextField label="To" type="date" min={from} value={to} onChange={(event) => put("to", event.target.value)} />
    </>
  );
}
