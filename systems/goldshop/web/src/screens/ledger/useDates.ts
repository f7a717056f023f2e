import { useSearchParams } from "react-router-dom";

import { isDate } from "../../format/days";

/** Calendar dates in the address; `given` where it names none. */
export function useDates<Name extends string>(given: Record<Name, string>) {
  const [params, setParams] = useSearchParams();
  const dates = { ...given };
  for (const name of Object.keys(given) as Name[]) {
    const text = params.get(name) ?? "";
    if (isDate(text)) dates[name] = text;
  }
  const put = (values: Partial<Record<Name, string>>) =>
    setParams(
      (before) => {
        for (const [name, value] of Object.entries<string>(values as Record<string, string>)) {
          if (value) before.set(name, value);
          else before.delete(name);
        }
        return before;
      },
      { replace: true },
    );
  return { dates, put };
}
