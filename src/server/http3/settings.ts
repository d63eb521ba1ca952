import type { ByteWriter } from './byte-writer.ts'
import { connectionError, h3 } from './error-code.ts'
import { frameType } from './frame.ts'
import { readVarint, varintLength } from './varint.ts'

/** Settings (RFC 9114 §7.2.4.1, RFC 9204 §5, RFC 9220 §5). */
const setting = {
  qpackMaxTableCapacity: 0x1,
  maxFieldSectionSize: 0x6,
  qpackBlockedStreams: 0x7,
  enableConnectProtocol: 0x8,
} as const

/** One of the reserved settings, which mean nothing. */
const greaseSetting = 0x1f * 0x3a7 + 0x21

/** What the client says of itself that matters to a server. */
export interface PeerSettings {
  /** Bytes of a header section that it takes; `Infinity` if it does not say. */
  readonly maxFieldSectionBytes: number
}

/** What a server says of itself. */
export interface OwnSettings {
  readonly maxFieldSectionBytes: number
  readonly allowsExtendedConnect: boolean
  readonly hasGrease: boolean
}

/** Writes the SETTINGS frame. Those that have their defaults are left out, as the table of QPACK, which has no room. */
export function writeSettings(writer: ByteWriter, own: OwnSettings): void {
  writer.varint(setting.maxFieldSectionSize)
  writer.varint(own.maxFieldSectionBytes)
  if (own.allowsExtendedConnect) {
    writer.varint(setting.enableConnectProtocol)
    writer.varint(1)
  }
  if (own.hasGrease) {
    writer.varint(greaseSetting)
    writer.varint(0)
  }
  writer.prependFrameHead(frameType.settings)
}

/** Reads the payload of a SETTINGS frame (RFC 9114 §7.2.4). */
export function readSettings(payload: Uint8Array): PeerSettings {
  const seen = new Set<number>()
  let maxFieldSectionBytes = Infinity
  let at = 0
  while (at < payload.length) {
    const valueAt = at + varintLength(payload[at] ?? 0)
    const end = valueAt + varintLength(payload[valueAt] ?? 0)
    if (valueAt >= payload.length || end > payload.length) {
      throw connectionError(h3.frameError, 'SETTINGS end within a setting')
    }
    const id = readVarint(payload, at)
    const value = readVarint(payload, valueAt)
    at = end
    check(id, value, seen)
    if (id === setting.maxFieldSectionSize) maxFieldSectionBytes = value
  }
  return { maxFieldSectionBytes }
}

function check(id: number, value: number, seen: Set<number>): void {
  // §7.2.4.1: those of HTTP/2 that have no meaning here.
  if (id === 0 || (id >= 2 && id <= 5)) {
    throw connectionError(h3.settingsError, `Setting ${id} is one of HTTP/2`)
  }
  // Two identifiers from 2^53 on may be rounded to the same number.
  if (Number.isSafeInteger(id) && seen.has(id)) {
    throw connectionError(h3.settingsError, 'A setting is there twice')
  }
  seen.add(id)
  if (id === setting.enableConnectProtocol && value > 1) {
    throw connectionError(h3.settingsError, 'SETTINGS_ENABLE_CONNECT_PROTOCOL is neither 0 nor 1')
  }
}
