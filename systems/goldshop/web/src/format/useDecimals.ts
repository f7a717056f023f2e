import { useQuery } from "@tanstack/react-query";

import { unitsQuery } from "../api/stock";

/** How many decimals a quantity in this unit may have. */
export function useDecimals(unit: string): number {
  return useQuery(unitsQuery).data?.find(({ code }) => code === unit)?.decimals ?? 0;
}
