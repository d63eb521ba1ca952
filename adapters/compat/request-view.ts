import type { IncomingMessage } from 'node:http'
import type { NodeRequest } from '@whatwg-node/server'
import { HttpError } from '../../src/errors/index.ts'

/** RFC 9110 §7.2: a host with an optional port. What else would change the meaning of a URL is refused. */
const hostForm = /^(?:[\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i

/** Methods that the Fetch API has no `Request` for. */
const foreignMethods: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** The status of a request that the app does not see, because no `Request` can be made of it; 0 for one that it does. */
export function refusalOf(message: IncomingMessage, target: string): number {
  if (foreignMethods.has(message.method?.toUpperCase() ?? '')) return 501
  const host = hostOf(message)
  // RFC 9112 §3.2: only HTTP/1.0 may come without a host; two of them are one too many.
  if (host === undefined ? message.httpVersion !== '1.0' : !hostForm.test(host)) return 400
  if (message.rawHeaders.filter((name, index) => index % 2 === 0 && /^host$/i.test(name)).length > 1)
    return 400
  return URL.canParse(urlOf(message, target)) ? 0 : 400
}

/**
 * What the adapter sees instead of Node's own request, on which a framework may have put things that the adapter would
 * take for the request's: Express's `query` (lists become text with commas), `protocol` and `hostname` (trusted by
 * Express's rules, not by the app's), and a parsed `body`.
 */
export function toRequestView(message: IncomingMessage, target: string): NodeRequest {
  const view: NodeRequest & Pick<AsyncIterable<Uint8Array>, typeof Symbol.asyncIterator> = {
    method: message.method,
    headers: fieldsOf(message),
    protocol: 'encrypted' in message.socket ? 'https' : 'http',
    originalUrl: target === '*' ? '/' : target,
    [Symbol.asyncIterator]: () => readBody(message),
  }
  return view
}

/** Is the first read of this body too late, because somebody else has read it? */
function isRead(message: IncomingMessage): boolean {
  const { 'transfer-encoding': coding, 'content-length': length } = message.headers
  const hasBody = message.httpVersionMajor === 2 || coding !== undefined || Number(length ?? 0) > 0
  return hasBody && message.readableDidRead
}

/** The body as it arrives. Stopping half-way must not close the connection, on which the answer is still to come. */
async function* readBody(message: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  if (isRead(message)) {
    throw new HttpError(
      500,
      'BODY_USED',
      'Expected a body that nobody has read, got one that was read before the app saw it; mount the app before body parsers',
    )
  }
  yield* message.iterator({ destroyOnReturn: false })
}

/** The fields as Node joins them, without those of HTTP/2 that are none (RFC 9113 §8.3). */
function fieldsOf(message: IncomingMessage): Record<string, string | string[] | undefined> {
  const { headers } = message
  const host = hostOf(message)
  const fields = message.httpVersionMajor === 2 ? withoutPseudo(headers) : headers
  return { ...fields, host: host ?? 'localhost' }
}

function withoutPseudo(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')))
}

function hostOf({ headers }: IncomingMessage): string | undefined {
  const authority = headers[':authority']
  return typeof authority === 'string' ? authority : headers.host
}

function urlOf(message: IncomingMessage, target: string): string {
  return `http://${hostOf(message) ?? 'localhost'}${target === '*' ? '/' : target}`
}
