export type { Activity, BoundAddress, DrainReport, Listener, ServableApp } from './contract.ts'
