import type { Socket } from 'node:net'

/** How a client begins that speaks HTTP/2 without TLS (RFC 9113 §3.4). No method of HTTP/1.1 begins so. */
const preface = 'PRI'

/** Looks at the first bytes of a connection and gives them back; `found` is told whether they are of HTTP/2. */
export function sniff(socket: Socket, timeoutMs: number, found: (isHttp2: boolean) => void): void {
  let seen = ''
  const timer = setTimeout(() => void socket.destroy(), timeoutMs)
  function onData(chunk: Buffer): void {
    seen += chunk.toString('latin1', 0, preface.length)
    const begins = seen.slice(0, preface.length)
    chunks.push(chunk)
    if (begins.length < preface.length && preface.startsWith(begins)) return
    stop()
    socket.pause()
    socket.unshift(Buffer.concat(chunks))
    found(begins === preface)
    process.nextTick(() => socket.resume())
  }
  function stop(): void {
    clearTimeout(timer)
    socket.off('data', onData).off('close', stop).off('error', onError)
  }
  function onError(): void {
    socket.destroy()
  }
  const chunks: Buffer[] = []
  socket.on('data', onData).on('close', stop).on('error', onError)
}
