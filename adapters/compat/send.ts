import type { IncomingMessage, ServerResponse } from 'node:http'
import { onGone } from './gone.ts'

/** Fields that belong to the connection, which is somebody else's. */
const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

type BodyReader = Pick<ReadableStreamDefaultReader<Uint8Array | string>, 'read' | 'cancel'>

/**
 * Sends an answer of the app. What others have set on the response stays, unless the app sets it too; cookies are
 * added to theirs. Resolves when all was handed over or the client has gone away; rejects when the body fails.
 */
export async function sendResponse(
  answer: Response,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { body, status } = answer
  const reader = body === null ? null : readerOf(body)
  try {
    if (isGone(response)) return dismiss(reader, gone())
    writeFields(answer, response)
    if (reader === null || message.method === 'HEAD' || isBodyless(status)) {
      response.end()
      return dismiss(reader, new Error('The client does not take the body'))
    }
    await pump(reader, message, response)
  } catch (error) {
    dismiss(reader, error)
    throw error
  }
}

/** An answer without the app. Only while nothing was sent. */
export function refuse(response: ServerResponse, status: number): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.writeHead(status, { 'content-length': '0' }).end()
}

/** The fields wait in the response until its body begins, so that Node can tell the length of a short one. */
function writeFields({ headers, status }: Response, response: ServerResponse): void {
  if (status < 200 || status > 599) throw new RangeError(`Expected a status from 200 to 599, got ${status}`)
  response.statusCode = status
  for (const [name, value] of headers) {
    if (name === 'set-cookie') response.appendHeader(name, value)
    else if (!connectionFields.has(name)) response.setHeader(name, value)
  }
  // Security: fewer bytes than announced would make the client take the next answer for the rest of this one.
  response.strictContentLength = true
}

/** Writes a stream as fast as the client takes it, and tells its source when the client goes away. */
async function pump(reader: BodyReader, message: IncomingMessage, response: ServerResponse): Promise<void> {
  let wake = (): void => undefined
  const onDrain = (): void => wake()
  const stopWatching = onGone(message, response, () => {
    dismiss(reader, gone())
    wake()
  })
  let held: Uint8Array | string | null = null
  let isHolding = true
  // A body that is there at once goes with its head in one piece, and its length is known; others start now.
  const flushing = setImmediate(() => {
    isHolding = false
    if (held === null) response.flushHeaders()
    else response.write(held)
  })
  response.on('drain', onDrain)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (isGone(response)) return
      if (done) {
        if (isHolding && held !== null) response.end(held)
        else response.end()
        return
      }
      if (isHolding && held === null) {
        held = value
        continue
      }
      if (isHolding && held !== null) response.write(held)
      isHolding = false
      clearImmediate(flushing)
      if (response.write(value)) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
  } finally {
    clearImmediate(flushing)
    response.off('drain', onDrain)
    stopWatching()
  }
}

/** The `Response` of a third party may have a stream of Node for its body, or another iterable. */
function readerOf(
  body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string, undefined>,
): BodyReader {
  if ('getReader' in body) return body.getReader()
  const iterator = body[Symbol.asyncIterator]()
  return {
    read: () => iterator.next(),
    cancel: async (): Promise<void> => void (await iterator.return?.()),
  }
}

function dismiss(reader: BodyReader | null, reason: unknown): void {
  reader?.cancel(reason).catch(() => undefined)
}

/** Statuses whose answers never have a body (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

function isGone(response: ServerResponse): boolean {
  return response.destroyed || response.closed || response.writableEnded
}

function gone(): Error {
  return new Error('The client went away')
}
