import type { IncomingMessage, ServerResponse } from 'node:http'

/** How long a connection that will be closed still takes what the client is sending, in milliseconds. */
const lingerMs = 1000

/**
 * Goes on taking what the client sends for a moment, so that it reads the answer instead of a reset
 * (RFC 9112 §9.6), and then closes. `isSending`: false for a client that still waits for our word to begin.
 */
export function linger(message: IncomingMessage, response: ServerResponse, isSending: boolean): void {
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, isSending ? lingerMs : 0)
  forgetReaders(message)
  message.once('end', end).once('close', end).resume()
}

/** Node reads what is left of a small body by itself, but not past somebody who listens. */
export function forgetReaders(message: IncomingMessage): void {
  message.removeAllListeners('data').removeAllListeners('readable')
}
