import { FrameReader } from '../../../src/server/http3/frame-reader.ts'
import type {
  Http3Closure,
  Http3Exchange,
  Http3Session,
  Http3SessionOptions,
  QuicStreamHandler,
} from '../../../src/server/http3/index.ts'
import { createHttp3Session } from '../../../src/server/http3/index.ts'
import { decodeFieldSection } from '../../../src/server/http3/qpack-decoder.ts'
import { createTestClock } from '../../../src/testing/index.ts'
import type { TestClock } from '../../../src/testing/index.ts'
import type { LoopbackOptions } from './loopback.ts'
import { Loopback } from './loopback.ts'
import type { LoopbackStream } from './loopback.ts'
import { concat, frame, headers, varint } from './wire.ts'

/** A frame as it came. */
export interface SeenFrame {
  readonly type: number
  readonly payload: Uint8Array
}

/** An answer as a client sees it. */
export interface SeenAnswer {
  readonly status: number
  readonly fields: readonly string[]
  readonly interim: readonly (readonly string[])[]
  readonly body: string
  readonly trailers: readonly string[]
}

/** A stream of the client: keeps all that comes, and sends what it is told. */
export class ClientStream implements QuicStreamHandler {
  stream: LoopbackStream | null = null
  bytes: Uint8Array = new Uint8Array(0)
  isEnded = false
  resetCode: number | null = null
  stopCode: number | null = null
  #unsent: Uint8Array = new Uint8Array(0)
  #isEnding = false

  send(bytes: Uint8Array, fin = false): this {
    this.#unsent = concat(this.#unsent, bytes)
    this.#isEnding ||= fin
    this.onWritable()
    return this
  }

  /** Bytes that the wire has not taken. */
  get unsentBytes(): number {
    return this.#unsent.length
  }

  onData(bytes: Uint8Array, fin: boolean): void {
    this.bytes = concat(this.bytes, bytes)
    this.isEnded = fin
  }

  onReset(code: number): void {
    this.resetCode = code
  }

  onStopSending(code: number): void {
    this.stopCode = code
    // RFC 9000 §3.5
    this.stream?.reset(code)
  }

  onWritable(): void {
    const taken = this.stream?.write(this.#unsent, this.#isEnding) ?? 0
    this.#unsent = this.#unsent.slice(taken)
  }

  /** The frames that came, behind the first `skip` bytes. */
  frames(skip = 0): SeenFrame[] {
    const seen: SeenFrame[] = []
    let type = 0
    const reader = new FrameReader({
      onFrame(found) {
        type = found
        return 'whole'
      },
      onPayload: (payload) => void seen.push({ type, payload: payload.slice() }),
    })
    reader.push(this.bytes.subarray(skip))
    return seen
  }

  answer(): SeenAnswer {
    const sections: string[][] = []
    const body: Uint8Array[] = []
    for (const { type, payload } of this.frames()) {
      if (type === 0) body.push(payload)
      else if (type === 1) sections.push(decode(payload))
    }
    const final = sections.findIndex((fields) => !(fields[1] ?? '').startsWith('1'))
    const [, status = '0', ...fields] = sections[final] ?? []
    return {
      status: Number(status),
      fields,
      interim: sections.slice(0, Math.max(final, 0)),
      body: new TextDecoder().decode(concat(...body)),
      trailers: sections[final + 1] ?? [],
    }
  }
}

function decode(payload: Uint8Array): string[] {
  const fields: string[] = []
  decodeFieldSection(payload, Infinity, { onField: (name, value) => void fields.push(name, value) })
  return fields
}

/** What a test connects with. */
export interface ConnectOptions extends Partial<Omit<Http3SessionOptions, 'clock'>> {
  readonly wire?: LoopbackOptions
  /** What the client's control stream begins with. Default: its type and empty SETTINGS; null for no such stream. */
  readonly control?: Uint8Array | null
}

/** A client and a server on one wire. */
export interface Connected {
  readonly wire: Loopback
  readonly session: Http3Session
  readonly clock: TestClock
  readonly exchanges: Http3Exchange[]
  readonly ended: Http3Exchange[]
  readonly failures: unknown[]
  readonly closures: Http3Closure[]
  /** Streams that the server opened. */
  readonly incoming: ClientStream[]
  readonly control: ClientStream | null
  open(): ClientStream
  openUni(bytes: Uint8Array, fin?: boolean): ClientStream
  /** Sends a request with its end, and waits until nothing moves. */
  request(fields: readonly string[], ...rest: readonly Uint8Array[]): Promise<ClientStream>
  settle(): Promise<void>
  /** The code that the connection was closed with, as the client saw it; null while it is open. */
  closeCode(): number | null
}

/** Type 0x00 and a SETTINGS frame without settings. */
export const emptySettings: Uint8Array = concat(varint(0), frame(0x4))

/** Answers 200 with nothing. */
function answerEmpty(exchange: Http3Exchange): void {
  exchange.respond(200, [], null)
}

export function connect(options: ConnectOptions = {}): Connected {
  const { wire: wireOptions, control, ...given } = options
  const wire = new Loopback(wireOptions)
  const clock = createTestClock()
  const incoming: ClientStream[] = []
  wire.client.start({
    onStream(stream) {
      const seen = new ClientStream()
      seen.stream = wire.client.streams.get(stream.id) ?? null
      incoming.push(seen)
      return seen
    },
    onClose: () => undefined,
  })
  const exchanges: Http3Exchange[] = []
  const ended: Http3Exchange[] = []
  const failures: unknown[] = []
  const closures: Http3Closure[] = []
  const session = createHttp3Session(wire.server, {
    clock,
    onRequestEnd: (exchange) => void ended.push(exchange),
    onFailure: (error) => void failures.push(error),
    onClose: (closure) => void closures.push(closure),
    ...given,
    onRequest(exchange) {
      exchanges.push(exchange)
      ;(given.onRequest ?? answerEmpty)(exchange)
    },
  })
  function openUni(bytes: Uint8Array, fin = false): ClientStream {
    const stream = new ClientStream()
    const opened = wire.client.openUnidirectional(stream)
    stream.stream = wire.client.streams.get(opened?.id ?? -1) ?? null
    return stream.send(bytes, fin)
  }
  function open(): ClientStream {
    const stream = new ClientStream()
    stream.stream = wire.client.openBidirectional(stream)
    return stream
  }
  return {
    wire,
    session,
    clock,
    exchanges,
    ended,
    failures,
    closures,
    incoming,
    control: control === null ? null : openUni(control ?? emptySettings),
    open,
    openUni,
    async request(fields, ...rest) {
      const stream = open().send(concat(headers(fields), ...rest), true)
      await wire.settle()
      return stream
    },
    settle: () => wire.settle(),
    closeCode: () => wire.client.closure?.code ?? null,
  }
}
