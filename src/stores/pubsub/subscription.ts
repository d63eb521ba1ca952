import type { PubSubSubscription } from './contract.ts'

/** Makes the handle of a subscription that is open. `end` runs once, when the caller or the signal says so. */
export function openSubscription(
  signal: AbortSignal | undefined,
  end: () => Promise<void>,
): PubSubSubscription {
  let ending: Promise<void> | null = null
  function unsubscribe(): Promise<void> {
    signal?.removeEventListener('abort', onAbort)
    ending ??= end()
    return ending
  }
  function onAbort(): void {
    // Nobody waits for this one. The listener is not called any more, whatever the backend says.
    unsubscribe().catch(() => undefined)
  }
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener('abort', onAbort)
  return { unsubscribe }
}
