import { connect } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { Readable } from 'node:stream'

/** What a case sends. */
export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer> | FormData | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
  /** What `Host` says instead of the address. */
  readonly host?: string
}

/** All that a case knows of the server. */
export interface Client {
  readonly url: string
  /** Never follows a redirect. */
  ask(path: string, ask?: Ask): Promise<Response>
  close(): Promise<void>
}

/** A client of HTTP/1.1. */
export function http1Client(url: string): Client {
  return {
    url,
    ask: async (path, { body, host, headers = {}, method = 'GET', signal } = {}) => {
      if (host !== undefined) return askWithHost(`${url}${path}`, host)
      const init: RequestInit & { duplex: 'half' } = {
        method,
        // A server that compresses, as miniflare does, would hold back what streams.
        headers: { connection: 'close', 'accept-encoding': 'identity', ...headers },
        redirect: 'manual',
        duplex: 'half',
      }
      if (body !== undefined) init.body = toBody(body)
      if (signal !== undefined) init.signal = signal
      return fetch(`${url}${path}`, init)
    },
    close: () => Promise.resolve(),
  }
}

/** A client of HTTP/2 over cleartext, with prior knowledge. */
export function http2Client(url: string): Client {
  const session = connect(url)
  session.on('error', () => undefined)
  return {
    url,
    ask: (path, ask = {}) => askHttp2(session, path, ask),
    close: async () => session.destroy(),
  }
}

/** `fetch` does not let anybody say another `Host`. */
async function askWithHost(url: string, host: string): Promise<Response> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, headers: { host, connection: 'close' } }, (message) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () =>
        resolve(new Response(Buffer.concat(chunks), { status: message.statusCode ?? 500 })),
      )
    })
    sent.on('error', reject).end()
  })
}

async function askHttp2(session: ClientHttp2Session, path: string, ask: Ask): Promise<Response> {
  const { body, headers = {}, host, method = 'GET', signal } = ask
  // The media type of a form has the boundary in it.
  const encoded = body === undefined ? null : new Response(toBody(body))
  const mediaType = encoded?.headers.get('content-type')
  const fields: Record<string, string> = { ...headers, ':method': method, ':path': path }
  if (mediaType && fields['content-type'] === undefined) fields['content-type'] = mediaType
  if (host !== undefined) fields[':authority'] = host
  const stream = session.request(fields, { endStream: encoded === null })
  signal?.addEventListener('abort', () => stream.close(8))
  if (encoded?.body) Readable.fromWeb(encoded.body as never).pipe(stream)
  return new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('response', (answer) => {
      const status = Number(answer[':status'])
      const isEmpty = method === 'HEAD' || [204, 205, 304].includes(status)
      const list = Object.entries(answer).flatMap(([name, value]) =>
        name.startsWith(':')
          ? []
          : [value ?? []].flat().map((one) => [name, String(one)] as [string, string]),
      )
      if (isEmpty) stream.resume()
      resolve(new Response(isEmpty ? null : (Readable.toWeb(stream) as never), { status, headers: list }))
    })
  })
}

function toBody(body: NonNullable<Ask['body']>): BodyInit {
  if (typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData) return body
  // The types of Node's stream and of the global one differ in their generics only.
  return Readable.toWeb(Readable.from(body)) as unknown as ReadableStream<Uint8Array>
}
