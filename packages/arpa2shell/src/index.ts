export type { Line } from './line.js';
