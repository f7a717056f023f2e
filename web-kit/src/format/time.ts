const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const month = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" });

/** "21 Nov 2026, 14:03" in the reader's own time zone and language. */
export const momentText = (iso: string): string => moment.format(new Date(iso));

/** "14:03" in the reader's own time zone. */
export const clockText = (milliseconds: number): string => clock.format(milliseconds);

/** "21 Nov" for a calendar date such as "2026-11-21", the same day everywhere. */
export const dayText = (iso: string): string => day.format(midnight(iso));

/** "21 Nov 2026" for a calendar date. */
export const dateText = (iso: string): string => date.format(midnight(iso));

/** "Nov 2026" for any date of that month. */
export const monthText = (iso: string): string => month.format(midnight(iso));

const midnight = (iso: string): Date => new Date(`${iso}T00:00:00Z`);
