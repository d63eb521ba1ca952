export type {
  Activity,
  BoundAddress,
  DrainReport,
  Listener,
  ServableApp,
  ServerManager,
  ServerState,
  StopOptions,
} from './contract.ts'
export { createServerManager } from './manager.ts'
