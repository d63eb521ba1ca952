import { HttpError } from '../../src/errors/index.ts'
import type {
  Clock,
  HeaderList,
  PlatformSocket,
  SocketListener,
  SocketOptions,
} from '../../src/platform/index.ts'
import type { DenoApi, DenoSocket } from './deno.ts'

/** How often what is buffered is looked at, in milliseconds: Deno tells nobody when it has left. */
const drainMs = 20

/**
 * Accepts a handshake by Deno itself. Deno sends pings, and cuts a connection that does not answer for 30 s. `terminate`
 * begins a closing handshake, because Deno cannot cut.
 */
export function upgrade(deno: DenoApi, clock: Clock, request: Request, options: SocketOptions): Response {
  const { socket, response } = accept(deno, request, options)
  socket.binaryType = 'arraybuffer'
  listen(socket, clock, options)
  addFields(response.headers, options.headers)
  // The answer is Deno's own token: a copy of it would open nothing, so that further fields go into itself.
  return Object.assign(response, { amend: (headers: HeaderList) => addFields(response.headers, headers) })
}

function accept(
  deno: DenoApi,
  request: Request,
  { protocol }: SocketOptions,
): ReturnType<DenoApi['upgradeWebSocket']> {
  try {
    return deno.upgradeWebSocket(request, { protocol: protocol ?? '' })
  } catch (error) {
    throw new HttpError(
      400,
      'WEBSOCKET_HANDSHAKE',
      'Expected a WebSocket handshake over HTTP/1.1 that was not accepted before',
      { cause: error },
    )
  }
}

function addFields(target: Headers, headers: HeaderList): void {
  for (let index = 1; index < headers.length; index += 2)
    target.append(headers[index - 1] ?? '', headers[index] ?? '')
}

function listen(socket: DenoSocket, clock: Clock, { maxMessageBytes, open }: SocketOptions): void {
  let listener: SocketListener | null = null
  let isWaiting = false

  function awaitDrain(): void {
    if (isWaiting || socket.bufferedAmount === 0) return
    isWaiting = true
    clock.schedule(drainMs, () => {
      isWaiting = false
      if (socket.bufferedAmount > 0) awaitDrain()
      else listener?.drain()
    })
  }

  const own: PlatformSocket = {
    get bufferedBytes() {
      return socket.bufferedAmount
    },
    send(message): void {
      // Deno throws when the connection is no longer open.
      if (socket.readyState !== 1) return
      socket.send(message)
      awaitDrain()
    },
    ping: () => false,
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.close(),
  }
  socket.onopen = () => {
    listener = open(own)
  }
  socket.onmessage = ({ data }) => {
    if (!isMessage(data)) return
    if (isLonger(data, maxMessageBytes)) socket.close(1009, `At most ${maxMessageBytes} bytes`)
    else listener?.message(typeof data === 'string' ? data : new Uint8Array(data))
  }
  // A close with 1006 follows; without this Deno takes it for an error of the program.
  socket.onerror = (event) => event.preventDefault()
  socket.onclose = ({ code, reason }) => {
    const told = listener
    listener = null
    // Deno says 0 where RFC 6455 §7.1.5 has 1006: gone without a closing handshake.
    told?.close(code === 0 ? 1006 : code, reason)
  }
}

function isMessage(data: unknown): data is string | ArrayBuffer {
  return typeof data === 'string' || data instanceof ArrayBuffer
}

/** Is a message longer than the bound? Text counts as UTF-8, and is encoded only where its length leaves a doubt. */
function isLonger(data: string | ArrayBuffer, maxBytes: number): boolean {
  if (typeof data !== 'string') return data.byteLength > maxBytes
  if (data.length * 3 <= maxBytes) return false
  return data.length > maxBytes || new TextEncoder().encode(data).byteLength > maxBytes
}
