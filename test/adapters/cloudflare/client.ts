/** A WebSocket client, and what it hears. */
export interface TestClient {
  readonly socket: WebSocket
  /** The next message, or one that has come already. */
  next(): Promise<unknown>
  readonly closed: Promise<CloseEvent>
}

/** Opens a client of the standard. */
export async function openClient(url: string, protocols: string[] = []): Promise<TestClient> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols)
  socket.binaryType = 'arraybuffer'
  const heard: unknown[] = []
  const waiting: ((value: unknown) => void)[] = []
  socket.addEventListener('message', ({ data }) => {
    const resolve = waiting.shift()
    if (resolve === undefined) heard.push(data)
    else resolve(data)
  })
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  const next = (): Promise<unknown> =>
    heard.length > 0 ? Promise.resolve(heard.shift()) : new Promise((resolve) => waiting.push(resolve))
  return { socket, closed, next }
}
