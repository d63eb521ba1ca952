import type { PubSubListener } from './contract.ts'

/** What waits for one listener. */
export interface Mailbox {
  /** Hands over a message, or drops the oldest ones that wait. Never calls the listener from inside. */
  push(message: Uint8Array<ArrayBuffer>): void
  /** Tells the listener, before its next message, that some were lost; null for an unknown number. */
  miss(lost: number | null): void
  /** Calls the listener no more. */
  close(): void
}

/** Bounds of a mailbox. */
export interface MailboxBounds {
  readonly maxQueuedMessages: number
  readonly maxQueuedBytes: number
}

/** Places that are free at the front before they are cut off, and only if they are half of all: each cut copies the rest. */
const maxGone = 1024

/** Makes an empty mailbox. */
export function createMailbox(listener: PubSubListener, bounds: MailboxBounds): Mailbox {
  let queue: (Uint8Array<ArrayBuffer> | undefined)[] = []
  let head = 0
  let queuedBytes = 0
  let missed: { readonly lost: number | null } | null = null
  let isRunning = false
  let isClosed = false

  function take(): Uint8Array<ArrayBuffer> | undefined {
    const message = queue[head]
    if (message === undefined) return undefined
    queue[head] = undefined
    head += 1
    queuedBytes -= message.byteLength
    if (head === queue.length || (head >= maxGone && 2 * head >= queue.length)) {
      queue = queue.slice(head)
      head = 0
    }
    return message
  }
  function note(lost: number | null): void {
    missed = { lost: lost === null || missed?.lost === null ? null : lost + (missed?.lost ?? 0) }
  }
  async function attempt(work: () => void | Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (isClosed) return
      try {
        listener.error(error)
      } catch {
        // The contract drops it: there is nobody left to tell.
      }
    }
  }
  async function pump(): Promise<void> {
    // A listener is never called from inside `publish`: it might publish itself.
    await Promise.resolve()
    for (;;) {
      if (isClosed) return
      if (missed !== null) {
        const { lost } = missed
        missed = null
        await attempt(() => listener.gap(lost))
        continue
      }
      const message = take()
      if (message === undefined) break
      await attempt(() => listener.message(message))
    }
    isRunning = false
  }
  function wake(): void {
    if (isRunning || isClosed) return
    isRunning = true
    void pump()
  }

  return {
    push(message) {
      if (isClosed) return
      queue.push(message)
      queuedBytes += message.byteLength
      let lost = 0
      while (
        queue.length - head > bounds.maxQueuedMessages ||
        (queuedBytes > bounds.maxQueuedBytes && queue.length - head > 1)
      ) {
        take()
        lost += 1
      }
      if (lost > 0) note(lost)
      wake()
    },
    miss(lost) {
      note(lost)
      wake()
    },
    close() {
      isClosed = true
      queue = []
      head = 0
    },
  }
}
