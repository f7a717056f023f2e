/** "1 order", "3 orders". */
export const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

/** "+3", "−2": a signed number with a true minus sign. */
export const signed = (number: number): string => (number < 0 ? `−${-number}` : `+${number}`);
