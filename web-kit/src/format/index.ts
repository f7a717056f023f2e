export { changeText, count, signed } from "./count";
export { cents, decimal, money, moneyShort } from "./money";
export { clockText, dateText, dayText, momentText, monthText } from "./time";
