import { RockstarError } from '../../errors/index.ts'

/** Sends one command. */
export type RedisSend = (...args: readonly (string | Uint8Array)[]) => Promise<unknown>

/** A string of Redis in memory of its own: the client cuts them out of what a socket gave. */
export function readBytes(reply: unknown): Uint8Array<ArrayBuffer> | null {
  if (reply === null) return null
  if (reply instanceof Uint8Array) return new Uint8Array(reply)
  throw replyError(typeof reply)
}

/** A list of Redis. */
export function readArray(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw replyError(typeof reply)
}

function replyError(got: string): RockstarError {
  return new RockstarError(
    'STORE_FAILED',
    `Expected bytes or a list from the Redis client, got ${got}; pass a client of node-redis 5 or later`,
  )
}
