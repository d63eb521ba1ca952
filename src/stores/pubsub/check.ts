import { RockstarError } from '../../errors/index.ts'
import { encodeName } from '../key-value/check.ts'
import type { PubSubLimits } from './contract.ts'

/** Bounds that a store may be given. */
export interface PubSubBounds {
  /** Largest message in bytes, 1 to 2^29. Default: 1 MiB. */
  readonly maxMessageBytes?: number
  /** Most subscriptions at a time, 1 to 2^24. Default: 100,000. */
  readonly maxSubscriptions?: number
}

const maxChannelBytes = 512

/** The bounds of a store. `RangeError` for one out of range. */
export function readLimits(bounds: PubSubBounds): PubSubLimits {
  const { maxMessageBytes = 1024 * 1024, maxSubscriptions = 100_000 } = bounds
  check('maxMessageBytes', maxMessageBytes, 2 ** 29)
  check('maxSubscriptions', maxSubscriptions, 2 ** 24)
  return { maxChannelBytes, maxMessageBytes, maxSubscriptions }
}

/** `STORE_KEY_INVALID` for what names no channel. */
export function checkChannel(store: string, channel: string): void {
  if (encodeName(channel, maxChannelBytes) !== null) return
  throw new RockstarError(
    'STORE_KEY_INVALID',
    `Expected a channel of 1 to ${maxChannelBytes} bytes of UTF-8 without NUL for ${store}, got ${JSON.stringify(channel.slice(0, 80))}`,
  )
}

function check(option: string, value: number, most: number): void {
  if (!(Number.isInteger(value) && value >= 1 && value <= most)) {
    throw new RangeError(`Expected ${option} to be an integer from 1 to ${most}, got ${value}`)
  }
}
