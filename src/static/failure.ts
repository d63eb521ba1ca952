import type { Context } from '../context/contract.ts'
import { HttpError, isHttpError, isRockstarError } from '../errors/index.ts'

/** Throws `METHOD_NOT_ALLOWED` for what a file cannot answer. */
export function assertReading(ctx: Context): void {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return
  throw new HttpError(405, 'METHOD_NOT_ALLOWED', 'Expected GET or HEAD', { headers: { allow: 'GET, HEAD' } })
}

/** The 404 of a file. It says no name: what is not there and what may not be seen look alike. */
export function notFound(): HttpError {
  return new HttpError(404, 'NOT_FOUND', 'Nothing is here')
}

/** The 503 of a file whose store fails. Its message says nothing of the store. */
export function unavailable(code: HttpError['code'], cause?: unknown): HttpError {
  return new HttpError(503, code, 'Expected the files to be readable, their store failed; try again later', {
    cause,
    headers: { 'retry-after': '5' },
  })
}

/** Makes a 503 of what a store throws. */
export async function guardStore<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run()
  } catch (error) {
    if (!isHttpError(error) && isRockstarError(error) && error.code.startsWith('STORE_')) {
      throw unavailable(error.code, error)
    }
    throw error
  }
}

/** What a store cannot name is not there. */
export function nullIfRefused(error: unknown): null {
  if (isRockstarError(error) && error.code === 'STORE_KEY_INVALID') return null
  throw error
}
