import type {
  QuicAddress,
  QuicCloseOptions,
  QuicClosure,
  QuicConnection,
  QuicConnectionHandler,
  QuicStream,
  QuicStreamHandler,
} from '../../../src/server/http3/index.ts'

/** How the wire behaves. */
export interface LoopbackOptions {
  /** The most bytes that are reported at once; a function is asked each time. Default: all that is there. */
  readonly chunkBytes?: number | (() => number)
  /** Bytes of a stream that may be under way. Default: 65,536. */
  readonly windowBytes?: number
  /** Does the end of a stream come by itself, after its last bytes? Default: false. */
  readonly hasLateFin?: boolean
  /** Unidirectional streams that the server may open. Default: 3. */
  readonly serverUniStreams?: number
}

/** A connection whose two ends are in this process. Events come in turns of their own, as contract.ts wants it. */
export class Loopback {
  readonly server: LoopbackEnd
  readonly client: LoopbackEnd
  readonly options: LoopbackOptions
  isClosed = false
  #tasks: (() => void)[] = []
  #isRunning = false

  constructor(options: LoopbackOptions = {}) {
    this.options = options
    this.server = new LoopbackEnd(this, true)
    this.client = new LoopbackEnd(this, false)
  }

  peerOf(end: LoopbackEnd): LoopbackEnd {
    return end === this.server ? this.client : this.server
  }

  post(task: () => void): void {
    this.#tasks.push(task)
    if (this.#isRunning) return
    this.#isRunning = true
    queueMicrotask(() => this.#run())
  }

  get isQuiet(): boolean {
    return this.#tasks.length === 0
  }

  /** Resolves when nothing is under way that could go on by itself. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      await new Promise<void>((resolve) => void setImmediate(resolve))
      quiet = this.isQuiet ? quiet + 1 : 0
    }
  }

  #run(): void {
    const task = this.#tasks.shift()
    if (task === undefined) {
      this.#isRunning = false
      return
    }
    task()
    // Promises have their turn between two events.
    queueMicrotask(() => this.#run())
  }
}

/** One end. */
export class LoopbackEnd implements QuicConnection {
  readonly remote: QuicAddress
  handler: QuicConnectionHandler | null = null
  closure: QuicClosure | null = null
  readonly streams = new Map<number, LoopbackStream>()
  readonly isServer: boolean
  readonly #wire: Loopback
  #nextUni: number
  #nextBidi = 0

  constructor(wire: Loopback, isServer: boolean) {
    this.#wire = wire
    this.isServer = isServer
    this.remote = { address: '127.0.0.1', port: isServer ? 50_000 : 443 }
    this.#nextUni = isServer ? 3 : 2
  }

  start(handler: QuicConnectionHandler): void {
    if (this.handler !== null) throw new Error('Expected one start')
    this.handler = handler
  }

  openUnidirectional(handler: QuicStreamHandler): QuicStream | null {
    const limit = this.isServer ? (this.#wire.options.serverUniStreams ?? 3) : Infinity
    if (this.#nextUni >> 2 >= limit) return null
    const id = this.#nextUni
    this.#nextUni += 4
    return this.#open(id, handler)
  }

  openBidirectional(handler: QuicStreamHandler, id = this.#nextBidi): LoopbackStream {
    this.#nextBidi = Math.max(this.#nextBidi, id + 4)
    return this.#open(id, handler)
  }

  close(code: number, _reason: string, { delivers }: QuicCloseOptions): void {
    const wire = this.#wire
    if (wire.isClosed) return
    const finish = (): void => {
      if (wire.isClosed) return
      wire.isClosed = true
      this.#end({ kind: 'local', code })
      wire.peerOf(this).#end({ kind: 'application', code })
    }
    // The other side learns of it after what is under way.
    wire.post(() => (delivers ? this.#whenDelivered(finish) : finish()))
  }

  /** What the streams of this end have accepted, and the other end has not got. */
  get bytesUnderWay(): number {
    return [...this.streams.values()].reduce((sum, stream) => sum + stream.out.size, 0)
  }

  #whenDelivered(finish: () => void): void {
    if (this.bytesUnderWay === 0 && this.#wire.isQuiet) finish()
    else setImmediate(() => this.#wire.post(() => this.#whenDelivered(finish)))
  }

  #end(closure: QuicClosure): void {
    this.closure = closure
    this.#wire.post(() => this.handler?.onClose(closure))
  }

  #open(id: number, handler: QuicStreamHandler): LoopbackStream {
    const peer = this.#wire.peerOf(this)
    const own = new LoopbackStream(this.#wire, id)
    const other = new LoopbackStream(this.#wire, id)
    own.peer = other
    other.peer = own
    own.handler = handler
    this.streams.set(id, own)
    peer.streams.set(id, other)
    this.#wire.post(() => {
      if (!this.#wire.isClosed) other.handler = peer.handler?.onStream(other) ?? null
    })
    return own
  }
}

/** What is under way in one direction. */
class Pipe {
  chunks: Uint8Array[] = []
  size = 0
  hasFin = false
  isOver = false
  isWriterWaiting = false
  isPumping = false
}

/** One end of a stream. */
export class LoopbackStream implements QuicStream {
  readonly id: number
  readonly out = new Pipe()
  peer: LoopbackStream | null = null
  handler: QuicStreamHandler | null = null
  isPaused = false
  /** Set when it was asked to send no more. */
  isStopped = false
  readonly #wire: Loopback

  constructor(wire: Loopback, id: number) {
    this.#wire = wire
    this.id = id
  }

  write(bytes: Uint8Array, fin: boolean): number {
    const { out } = this
    if (out.hasFin || out.isOver || this.#wire.isClosed) return bytes.length
    const room = Math.max(0, (this.#wire.options.windowBytes ?? 65_536) - out.size)
    const taken = Math.min(room, bytes.length)
    if (taken > 0) out.chunks.push(bytes.slice(0, taken))
    out.size += taken
    if (taken < bytes.length) out.isWriterWaiting = true
    else if (fin) out.hasFin = true
    this.#pump()
    return taken
  }

  reset(code: number): void {
    const { out, peer } = this
    if (out.isOver || this.#wire.isClosed) return
    out.isOver = true
    out.chunks = []
    out.size = 0
    this.#post(() => peer?.handler?.onReset(code))
  }

  stopSending(code: number): void {
    const { peer } = this
    if (peer === null || peer.isStopped) return
    peer.isStopped = true
    this.#post(() => {
      if (!peer.out.isOver) peer.handler?.onStopSending(code)
    })
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    const { peer } = this
    if (peer !== null) peer.#pump()
  }

  #post(task: () => void): void {
    this.#wire.post(() => {
      if (!this.#wire.isClosed) task()
    })
  }

  #pump(): void {
    if (this.out.isPumping) return
    this.out.isPumping = true
    this.#post(() => this.#step())
  }

  /** Reports one chunk. */
  #step(): void {
    const { out, peer } = this
    out.isPumping = false
    if (peer === null || out.isOver || peer.isPaused) return
    const { chunkBytes = Infinity, hasLateFin = false } = this.#wire.options
    const most = Math.max(1, typeof chunkBytes === 'function' ? chunkBytes() : chunkBytes)
    const all = Buffer.concat(out.chunks)
    const bytes = Uint8Array.from(all.subarray(0, Math.min(most, all.length)))
    const rest = Uint8Array.from(all.subarray(bytes.length))
    out.chunks = rest.length > 0 ? [rest] : []
    out.size = rest.length
    const fin = out.hasFin && rest.length === 0 && !(hasLateFin && bytes.length > 0)
    if (fin) out.isOver = true
    if (bytes.length > 0 || fin) {
      // What was stopped is not reported.
      if (!this.isStopped) peer.handler?.onData(bytes, fin)
      // Nobody may rely on the bytes afterwards.
      bytes.fill(0xee)
    }
    if (out.isWriterWaiting && !out.isOver) {
      out.isWriterWaiting = false
      this.#post(() => this.handler?.onWritable())
    }
    if (rest.length > 0 || (out.hasFin && !out.isOver)) this.#pump()
  }
}
