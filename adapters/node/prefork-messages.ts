import type { BoundAddress, DrainReport } from '../../src/server/index.ts'

/** The environment variable by which a process knows that it is a worker. */
export const workerVariable = 'ROCKSTAR_WORKER'

/** What a worker tells the first process. */
export type WorkerMessage =
  | { readonly rockstar: 'listening'; readonly addresses: readonly BoundAddress[] }
  | { readonly rockstar: 'failed'; readonly reason: string }
  | { readonly rockstar: 'stopped'; readonly report: DrainReport }
  | { readonly rockstar: 'tls-reloaded'; readonly problem: string | null }

/** What the first process tells a worker. */
export type PrimaryMessage =
  | { readonly rockstar: 'stop'; readonly graceMs: number }
  | { readonly rockstar: 'reload-tls' }

/** Is this one of our messages? The program may send others on the same channel. */
export function isMessage<Message extends PrimaryMessage | WorkerMessage>(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'rockstar' in value
}
