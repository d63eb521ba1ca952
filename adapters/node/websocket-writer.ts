import type { Socket } from 'node:net'
import { frameHeaderBytes, opcode, writeFrameHeader } from '../../src/realtime/frames/index.ts'

/** Writes frames to one connection, as many as possible at once. */
export interface FrameWriter {
  /** Bytes that have not left yet. Whoever asks and hears of some hears `onDrain` too. */
  readonly bufferedBytes: number
  /** What was buffered has left. */
  onDrain: () => void
  text(message: string): void
  /** The payload is copied. */
  frame(kind: number, payload: Uint8Array): void
  /** Runs `work`; all frames that it writes leave as one. */
  cork(work: () => void): void
  /** Sends what waits now, instead of at the end of this turn. */
  flush(): void
}

/** Frames of one data event are collected here, in bytes. */
const scratchBytes = 64 * 1024
/** Frames up to this size together are written as one buffer, in bytes: cheaper than a list. */
const joinBytes = 64 * 1024

/** What the writers of one listener share. */
interface Shared {
  /** Made by the first frame. */
  scratch: Buffer | null
  scratchEnd: number
  /** Whose data event it is. */
  owner: SocketWriter | null
  /** Writers with frames that wait for the end of the turn. */
  readonly waiting: SocketWriter[]
  /** The last text that was framed in this turn, for those who send the same to many. */
  lastText: string | null
  lastFrame: Buffer
}

/**
 * Makes what makes writers. Frames that answer a read are laid one behind the other into memory that all writers share,
 * and leave in one write at its end; frames that come at another time wait for the end of the turn.
 */
export function createFrameWriter(): (socket: Socket) => FrameWriter {
  const shared: Shared = {
    scratch: null,
    scratchEnd: 0,
    owner: null,
    waiting: [],
    lastText: null,
    lastFrame: Buffer.alloc(0),
  }
  return (socket) => new SocketWriter(socket, shared)
}

function flushWaiting(shared: Shared): void {
  shared.lastText = null
  for (const writer of shared.waiting.splice(0)) writer.flush()
}

class SocketWriter implements FrameWriter {
  onDrain: () => void = () => undefined
  readonly #socket: Socket
  readonly #shared: Shared
  #frames: Buffer[] = []
  #framesBytes = 0
  #isBehind = false
  readonly #onWritten = (): void => {
    if (!this.#isBehind || this.#waitingBytes() > 0) return
    this.#isBehind = false
    this.onDrain()
  }

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket
    this.#shared = shared
  }

  get bufferedBytes(): number {
    const bytes = this.#waitingBytes()
    // Whoever waits because of that is owed the news that they have left.
    if (bytes > 0) this.#isBehind = true
    return bytes
  }

  cork(work: () => void): void {
    const shared = this.#shared
    // A data event never comes within another, but what a listener does is not ours.
    if (shared.owner !== null) return work()
    if (this.#frames.length > 0) this.flush()
    shared.owner = this
    try {
      work()
    } finally {
      this.#flushScratch()
      shared.owner = null
    }
  }

  text(message: string): void {
    const shared = this.#shared
    const most = message.length * 3 + 10
    if (shared.owner !== this || most > scratchBytes) return this.#add(this.#frameText(message))
    if (most > scratchBytes - shared.scratchEnd) this.#flushScratch()
    const scratch = (shared.scratch ??= Buffer.allocUnsafeSlow(scratchBytes))
    const at = shared.scratchEnd
    // As if all were ASCII, which it mostly is: encoded once, and moved where the header turns out longer.
    const guess = frameHeaderBytes(message.length)
    const length = scratch.write(message, at + guess)
    const header = frameHeaderBytes(length)
    if (header !== guess) scratch.copyWithin(at + header, at + guess, at + guess + length)
    shared.scratchEnd = writeFrameHeader(scratch, at, opcode.text, length) + length
  }

  frame(kind: number, payload: Uint8Array): void {
    const shared = this.#shared
    const size = frameHeaderBytes(payload.length) + payload.length
    if (shared.owner !== this || size > scratchBytes) return this.#add(frameOf(kind, payload))
    if (size > scratchBytes - shared.scratchEnd) this.#flushScratch()
    const scratch = (shared.scratch ??= Buffer.allocUnsafeSlow(scratchBytes))
    const from = writeFrameHeader(scratch, shared.scratchEnd, kind, payload.length)
    scratch.set(payload, from)
    shared.scratchEnd = from + payload.length
  }

  flush(): void {
    if (this.#shared.owner === this) this.#flushScratch()
    const frames = this.#frames
    const [first] = frames
    if (first === undefined) return
    const total = this.#framesBytes
    this.#frames = []
    this.#framesBytes = 0
    if (frames.length === 1) return this.#write(first)
    if (total <= joinBytes) return this.#write(Buffer.concat(frames, total))
    this.#socket.cork()
    for (const frame of frames) this.#write(frame)
    this.#socket.uncork()
  }

  #waitingBytes(): number {
    const corked = this.#shared.owner === this ? this.#shared.scratchEnd : 0
    return this.#socket.writableLength + this.#framesBytes + corked
  }

  #frameText(message: string): Buffer {
    const shared = this.#shared
    if (shared.lastText !== message) {
      const length = Buffer.byteLength(message)
      const header = frameHeaderBytes(length)
      const frame = Buffer.allocUnsafe(header + length)
      writeFrameHeader(frame, 0, opcode.text, length)
      frame.write(message, header)
      shared.lastFrame = frame
      shared.lastText = message
      // Also where nothing else waits: the text must not be kept.
      this.#await()
    }
    return shared.lastFrame
  }

  #add(frame: Buffer): void {
    // In order: behind what is already there for this data event.
    if (this.#shared.owner === this) {
      this.#flushScratch()
      return this.#write(frame)
    }
    if (this.#frames.length === 0) this.#await()
    this.#frames.push(frame)
    this.#framesBytes += frame.length
  }

  /** The end of the turn comes after all promises that are ready, so that what they send leaves with the rest. */
  #await(): void {
    const { waiting } = this.#shared
    if (waiting.push(this) === 1) process.nextTick(flushWaiting, this.#shared)
  }

  #flushScratch(): void {
    const shared = this.#shared
    const { scratch, scratchEnd } = shared
    if (scratch === null || scratchEnd === 0) return
    shared.scratchEnd = 0
    this.#write(Buffer.from(scratch.subarray(0, scratchEnd)))
  }

  #write(bytes: Buffer): void {
    const socket = this.#socket
    if (!socket.writable) return
    socket.write(bytes, this.#onWritten)
    if (socket.writableLength > 0) this.#isBehind = true
  }
}

function frameOf(kind: number, payload: Uint8Array): Buffer {
  const header = frameHeaderBytes(payload.length)
  const frame = Buffer.allocUnsafe(header + payload.length)
  writeFrameHeader(frame, 0, kind, payload.length)
  frame.set(payload, header)
  return frame
}
