export type {
  Activity,
  BoundAddress,
  DrainReport,
  Listener,
  ManagedApp,
  ServableApp,
  ServerManager,
  ServerState,
  StopOptions,
} from './contract.ts'
export { createServerManager } from './manager.ts'
