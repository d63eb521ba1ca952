import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:http2'
import { certificate } from './certificate.ts'
import { median, spread } from './numbers.ts'
import type { Result } from './http.ts'
import { startServer } from './server-process.ts'

/** CPU of our HTTP/2 listener over TLS, relative to `node:http2`'s compat API in the same rounds. */
export async function measureHttp2(rounds: number, count: number): Promise<Map<string, Result[]>> {
  certificate()
  const raw = await startServer('raw-http2', 4401)
  const own = await startServer('rockstar-http2', 4402)
  const table = new Map<string, Result[]>()
  try {
    for (const path of ['/text', '/json']) {
      const ratios: number[] = []
      const micros: number[] = []
      for (let round = -1; round < rounds; round++) {
        const taken: number[] = []
        for (const server of [raw, own]) {
          const before = await server.read()
          await sendStreams(server.port, path, count)
          const after = await server.read()
          taken.push((after.cpuMicros - before.cpuMicros) / count)
        }
        const [rawMicros = Number.NaN, ownMicros = Number.NaN] = taken
        if (round >= 0) {
          ratios.push(ownMicros / rawMicros)
          micros.push(ownMicros)
        }
      }
      const row = {
        framework: 'rockstar',
        ratio: median(ratios),
        spread: spread(ratios),
        microsPerRequest: median(micros),
      }
      table.set(`HTTP/2 with TLS, GET ${path.slice(1)}, relative to the compat API`, [row])
    }
  } finally {
    raw.stop()
    own.stop()
  }
  return table
}

/** Sends `count` requests over 4 sessions with 16 streams in flight on each. */
async function sendStreams(port: number, path: string, count: number): Promise<void> {
  const sessions = Array.from({ length: 4 }, () =>
    connect(`https://127.0.0.1:${port}`, { ca: certificate().cert }),
  )
  let left = count
  const lane = async (session: ClientHttp2Session): Promise<void> => {
    while (left-- > 0) await oneStream(session, path)
  }
  try {
    await Promise.all(sessions.flatMap((session) => Array.from({ length: 16 }, () => lane(session))))
  } finally {
    for (const session of sessions) session.destroy()
  }
}

function oneStream(session: ClientHttp2Session, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    stream.on('response', (headers) => {
      if (headers[':status'] !== 200) reject(new Error(`Expected 200, got ${headers[':status']}`))
    })
    stream.on('error', reject)
    stream.on('close', resolve)
    stream.resume()
    stream.end()
  })
}
