import { connect } from 'node:net'

/** One request, as it goes on the wire, and how often it is sent. */
export interface Load {
  readonly port: number
  readonly request: string
  readonly count: number
  readonly connections: number
}

/**
 * Sends `count` requests over keep-alive connections, one at a time on each. Answers of one case all have the same
 * length, which the first answer tells, so that counting bytes is all that the client does: the server is measured.
 */
export async function sendLoad(load: Load): Promise<void> {
  const size = await answerSize(load)
  let left = load.count
  const runs = Array.from({ length: load.connections }, () => {
    return new Promise<void>((resolve, reject) => {
      const socket = connect(load.port, '127.0.0.1')
      let received = 0
      const next = (): void => {
        if (left <= 0) {
          socket.end()
          resolve()
          return
        }
        left--
        received = 0
        socket.write(load.request)
      }
      socket.setNoDelay(true)
      socket.setTimeout(20_000, () => socket.destroy(new Error('No answer for 20 s')))
      socket.on('connect', next)
      socket.on('data', (chunk) => {
        received += chunk.length
        if (received > size) socket.destroy(new Error(`An answer of ${received} bytes, expected ${size}`))
        else if (received === size) next()
      })
      socket.on('error', reject)
    })
  })
  await Promise.all(runs)
}

/** The bytes of one answer, head and body, learned from one that is read until the connection is quiet. */
async function answerSize({ port, request }: Load): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => void chunks.push(chunk))
  await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('connect', () => socket.write(request))
    setTimeout(resolve, 150)
  })
  socket.destroy()
  const answer = Buffer.concat(chunks)
  const head = answer.toString('latin1').split('\r\n')[0] ?? ''
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(`Expected 200, got ${head}`)
  return answer.length
}
