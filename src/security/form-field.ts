import type { Context } from '../context/index.ts'
import { HttpError } from '../errors/index.ts'
import { createQuery } from '../http/index.ts'

/**
 * One field of an urlencoded form, or null. Reads a copy of the body within the bounds of the route, so that the
 * handler can still read the body itself.
 */
export async function readFormField(ctx: Context, name: string): Promise<string | null> {
  const mediaType = ctx.headers.get('content-type') ?? ''
  if (!/^application\/x-www-form-urlencoded(?:[ \t]*;|$)/i.test(mediaType)) return null
  const { bodyBytes, formFields } = ctx.limits
  if (Number(ctx.headers.get('content-length') ?? 0) > bodyBytes) throw tooLarge(bodyBytes)
  const { body } = ctx.request.clone()
  if (body === null) return null
  return createQuery(await readText(body, bodyBytes), formFields, 413).get(name)
}

/** What is no UTF-8 is replaced: a token has nothing else than ASCII, and the rest is the handler's to judge. */
async function readText(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let text = ''
  let size = 0
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.byteLength
    if (size > maxBytes) {
      // Not awaited: a copy is only let go of together with what it was copied from.
      reader.cancel().catch(() => undefined)
      throw tooLarge(maxBytes)
    }
    text += decoder.decode(read.value, { stream: true })
  }
  return text + decoder.decode()
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'BODY_TOO_LARGE', `Expected a body of at most ${maxBytes} bytes`)
}
