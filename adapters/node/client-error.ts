import type { Duplex } from 'node:stream'
import type { Tally } from './tally.ts'

/** What the parser's errors are in HTTP; everything else is a malformed request. */
const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** What the parser calls a message that its sender ended in the middle. */
const endedEarly = 'HPE_INVALID_EOF_STATE'
/** How long a client may go on sending after such an answer, in milliseconds. */
const lingerMs = 500

/** An error of Node's HTTP parser, or of the socket under it. */
export type ClientError = Error & { readonly code?: string }

/**
 * Makes the listener of `clientError`: answers what never became a request with a small complete response, and closes.
 * An answer that is under way is cut instead, for nothing may be written into it.
 */
export function createClientErrorHandler(refused: Tally): (error: ClientError, socket: Duplex) => void {
  const answered = new WeakSet<Duplex>()
  return (error, socket) => {
    // What still comes after the answer is malformed too.
    if (answered.has(socket)) return
    answered.add(socket)
    const code = error.code ?? 'unknown'
    if (socket.destroyed || !socket.writable || code === 'ECONNRESET' || code === 'EPIPE') {
      socket.destroy()
      return
    }
    const status = statuses[code] ?? '400 Bad Request'
    // A client that goes away in the middle is no news: who reads the body tells of it.
    if (code !== endedEarly) refused.add(`${status.slice(0, 3)} ${code}`)
    if (isAnswering(socket)) {
      socket.destroy()
      return
    }
    refuseRaw(socket, status)
  }
}

/** Sends a complete answer without a body, takes what the client is still sending for a moment, and closes. */
export function refuseRaw(socket: Duplex, status: string): void {
  // RFC 9112 §9.6: closing while something unread comes in would reset the connection, and the answer with it.
  const timer = setTimeout(() => void socket.destroy(), lingerMs)
  socket.on('error', ignore).once('close', () => clearTimeout(timer))
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  socket.resume()
}

/**
 * Has the head of an answer been sent that is not yet complete? Node tells it only by this field of its own, which its
 * own answer to a malformed request looks at too.
 */
function isAnswering(socket: Duplex): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return typeof response === 'object' && response !== null && Reflect.get(response, 'headersSent') === true
}

function ignore(): void {
  // The client is refused; how its socket ends does not matter.
}
