/** "1 order", "3 orders". */
export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

/** "+3", "−2": a signed number with a true minus sign. */
export const signed = (number: number): string => (number < 0 ? `−${-number}` : `+${number}`);

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" });

/** "+12 %": by how much something has changed, of a part of one such as 0.12. */
export const changeText = (share: number): string => percent.format(share).replace("-", "−");
