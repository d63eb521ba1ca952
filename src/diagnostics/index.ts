export { createDiagnostics } from './channel.ts'
export type { DiagnosticEvent, DiagnosticListener, Diagnostics } from './contract.ts'
