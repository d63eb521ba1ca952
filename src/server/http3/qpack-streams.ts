import { connectionError, h3 } from './error-code.ts'

/** What the client's streams of QPACK may waste. */
export interface NoiseSink {
  /** Counts what has no effect; throws when there is too much of it. */
  takeNoise(count: number): void
}

/**
 * The client's encoder stream (RFC 9204 §4.3). There is no dynamic table, so all that it may say is that its capacity
 * is 0. What it throws ends the connection.
 */
export class EncoderStream {
  readonly #sink: NoiseSink

  constructor(sink: NoiseSink) {
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte !== setCapacityZero) {
        throw connectionError(
          h3.qpackEncoderStreamError,
          'An instruction needs a dynamic table, which has no room',
        )
      }
    }
    this.#sink.takeNoise(bytes.length)
  }
}

/** Set Dynamic Table Capacity, 0 (RFC 9204 §4.3.1). */
const setCapacityZero = 0x20

/**
 * The client's decoder stream (RFC 9204 §4.4). Nothing was ever inserted, so that acknowledgements are errors; a stream
 * that was cancelled is no news. What it throws ends the connection.
 */
export class DecoderStream {
  readonly #sink: NoiseSink
  /** Bytes of an integer that goes on; 0 between instructions. */
  #continued = 0

  constructor(sink: NoiseSink) {
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#continued > 0) this.#onContinuation(byte)
      else this.#onInstruction(byte)
    }
  }

  #onInstruction(byte: number): void {
    // Section Acknowledgment has 0x80, Insert Count Increment neither bit.
    if ((byte & 0xc0) !== 0x40) {
      throw connectionError(h3.qpackDecoderStreamError, 'An instruction acknowledges what was never sent')
    }
    this.#sink.takeNoise(1)
    if ((byte & 0x3f) === 0x3f) this.#continued = 1
  }

  #onContinuation(byte: number): void {
    if (byte < 0x80) this.#continued = 0
    else if (++this.#continued > maxIntegerBytes) {
      throw connectionError(h3.qpackDecoderStreamError, 'An integer is too long')
    }
  }
}

/** Enough for 62 bits (RFC 9204 §4.1.1). */
const maxIntegerBytes = 9
