import type { Platform } from '../../src/platform/index.ts'

/** What the handler of an event that is no request gets in place of a context. */
export interface EventContext {
  readonly platform: Platform
  /** Bindings, variables and secrets. */
  readonly env: Readonly<Record<string, unknown>>
  /** Work that goes on when the handler has ended. */
  waitUntil(work: Promise<unknown>): void
}

/** Handles an event. What it rejects with, the runtime sees, and counts the event as failed. */
export type EventHandler<Event> = (event: Event, ctx: EventContext) => void | Promise<void>

/** A cron trigger that fired. */
export interface ScheduledEvent {
  /** The pattern, as in `wrangler.toml`. */
  readonly cron: string
  /** In milliseconds since the Unix epoch. */
  readonly scheduledTime: number
  /** Keeps the runtime from trying again. */
  noRetry?(): void
}

/** One message of a queue. */
export interface QueueMessage {
  readonly id: string
  readonly timestamp: Date
  readonly body: unknown
  /** From 1 on. */
  readonly attempts: number
  ack(): void
  retry(options?: { readonly delaySeconds?: number }): void
}

/** Messages of a queue that came together. Those that are neither acknowledged nor retried share the handler's fate. */
export interface QueueBatch {
  readonly queue: string
  readonly messages: readonly QueueMessage[]
  ackAll(): void
  retryAll(options?: { readonly delaySeconds?: number }): void
}

/** An e-mail that came in. */
export interface EmailMessage {
  readonly from: string
  readonly to: string
  readonly headers: Headers
  readonly raw: ReadableStream<Uint8Array>
  /** In bytes. */
  readonly rawSize: number
  setReject(reason: string): void
  forward(to: string, headers?: Headers): Promise<unknown>
}

/** Handlers of events that are no requests; the Worker has those that are given. */
export interface EventHandlers {
  readonly scheduled?: EventHandler<ScheduledEvent>
  readonly queue?: EventHandler<QueueBatch>
  readonly email?: EventHandler<EmailMessage>
}
