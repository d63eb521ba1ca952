import { connectionError, h3 } from './error-code.ts'
import { frameType, isHttp2Frame } from './frame.ts'
import type { FrameHandler, PayloadUse } from './frame-reader.ts'
import { FrameReader } from './frame-reader.ts'
import type { PeerSettings } from './settings.ts'
import { readSettings } from './settings.ts'
import { readVarint, varintLength } from './varint.ts'

/** What the client's control stream tells. */
export interface ControlSink {
  onSettings(settings: PeerSettings): void
  /** Counts what has no effect; throws when there is too much of it. */
  takeNoise(count: number): void
}

/** Security: a SETTINGS frame has a handful of settings, not thousands. In bytes. */
const maxSettingsBytes = 4_096
/** A varint (RFC 9000 §16). */
const maxIdBytes = 8

/** The client's control stream (RFC 9114 §6.2.1). What it throws ends the connection. */
export class ControlStream implements FrameHandler {
  readonly #sink: ControlSink
  readonly #frames: FrameReader
  #frameType = -1
  #hasSettings = false
  #maxPushId = -1
  #goawayId = Infinity

  constructor(sink: ControlSink) {
    this.#sink = sink
    this.#frames = new FrameReader(this)
  }

  push(bytes: Uint8Array): void {
    this.#frames.push(bytes)
  }

  onFrame(type: number, length: number): PayloadUse {
    this.#frameType = type
    if (!this.#hasSettings) return this.#onFirstFrame(type, length)
    switch (type) {
      case frameType.goaway:
      case frameType.maxPushId:
      case frameType.cancelPush:
        this.#sink.takeNoise(1)
        if (length === 0 || length > maxIdBytes) throw wrongLayout()
        return 'whole'
      case frameType.settings:
      case frameType.data:
      case frameType.headers:
      case frameType.pushPromise:
        throw connectionError(h3.frameUnexpected, `A frame of type ${type} is on the control stream`)
      default:
        if (isHttp2Frame(type))
          throw connectionError(h3.frameUnexpected, 'A frame of HTTP/2 is on the control stream')
        this.#sink.takeNoise(1 + length / 1_024)
        return 'skip'
    }
  }

  onPayload(bytes: Uint8Array): void {
    if (this.#frameType === frameType.settings) {
      this.#sink.onSettings(readSettings(bytes))
      return
    }
    // §7.1: exactly the identifier.
    if (varintLength(bytes[0] ?? 0) !== bytes.length) throw wrongLayout()
    this.#onId(readVarint(bytes, 0))
  }

  #onFirstFrame(type: number, length: number): PayloadUse {
    if (type !== frameType.settings) {
      throw connectionError(h3.missingSettings, 'The control stream does not begin with SETTINGS')
    }
    if (length > maxSettingsBytes) throw connectionError(h3.excessiveLoad, 'SETTINGS are too large')
    this.#hasSettings = true
    return 'whole'
  }

  #onId(id: number): void {
    if (this.#frameType === frameType.cancelPush) {
      // §7.2.3: this server promises nothing, so there is nothing to cancel.
      throw connectionError(h3.idError, 'CANCEL_PUSH names a push that was never promised')
    }
    if (this.#frameType === frameType.maxPushId) {
      if (id < this.#maxPushId) throw connectionError(h3.idError, 'MAX_PUSH_ID goes back')
      this.#maxPushId = id
    } else {
      if (id > this.#goawayId) throw connectionError(h3.idError, 'GOAWAY goes back')
      this.#goawayId = id
    }
  }
}

function wrongLayout(): Error {
  return connectionError(h3.frameError, 'A frame of the control stream has not the length of its identifier')
}
