import type { Message } from './contract.ts'

/** A broadcast on its way between processes. */
export interface Envelope {
  /** The id of the hub that sent it, which has served its own sockets already. */
  readonly origin: string
  /** The id of the socket that does not get it; `''` for none. */
  readonly except: string
  readonly message: Message
}

/** The length of a UUID as text. */
const idBytes = 36
const text = 1
const binary = 2

/** `kind`, the origin, whether there is an exception, the exception, the message. */
export function formatEnvelope({ origin, except, message }: Envelope): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder()
  const payload = typeof message === 'string' ? encoder.encode(message) : message
  const head = encoder.encode(origin + except)
  const bytes = new Uint8Array(2 + head.length + payload.length)
  bytes[0] = typeof message === 'string' ? text : binary
  bytes[1] = except === '' ? 0 : 1
  bytes.set(head, 2)
  bytes.set(payload, 2 + head.length)
  return bytes
}

/** Reads an envelope; null for what is none, which another program may have published. */
export function parseEnvelope(bytes: Uint8Array<ArrayBuffer>): Envelope | null {
  const [kind, flag] = bytes
  if ((kind !== text && kind !== binary) || (flag !== 0 && flag !== 1)) return null
  const payloadAt = 2 + idBytes * (1 + flag)
  if (bytes.length < payloadAt) return null
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const ids = decoder.decode(bytes.subarray(2, payloadAt))
    const payload = bytes.subarray(payloadAt)
    return {
      origin: ids.slice(0, idBytes),
      except: ids.slice(idBytes),
      // A copy: all listeners of a channel may get the same memory, and a binary message belongs to its sender.
      message: kind === text ? decoder.decode(payload) : payload.slice(),
    }
  } catch {
    return null
  }
}
