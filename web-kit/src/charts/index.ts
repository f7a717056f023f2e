export { axisFor, roundUp } from "./axis";
export type { Point, Words } from "./series";
export { type Part, ShareBar, Shares } from "./Shares";
export { Sparkline } from "./Sparkline";
export { TimeChart, type TimeChartProps } from "./TimeChart";
