import { HttpError, RockstarError } from '../errors/index.ts'

/** The store cannot be asked: who the client is, is not known, which is not the same as nobody. */
export function unavailableError(cause: unknown): HttpError {
  return new HttpError(503, 'UNAVAILABLE', 'Expected the store of the sessions to answer, it did not', {
    cause,
    headers: { 'retry-after': '5' },
  })
}

/** Too many requests change one session at the same time. */
export function contendedError(attempts: number): HttpError {
  const message = `Expected to change a session within ${attempts} attempts, others were faster each time`
  return new HttpError(503, 'UNAVAILABLE', message, { headers: { 'retry-after': '1' } })
}

/** Another request logged out, revoked or regenerated the session while this one held it. */
export function endedError(): HttpError {
  return new HttpError(
    409,
    'SESSION_ENDED',
    'Expected a session that is still there, it has ended during this request; send the request again',
  )
}

export function tooLargeError(maxBytes: number, gotBytes: number): RockstarError {
  return new RockstarError(
    'STORE_TOO_LARGE',
    `Expected a session of at most ${maxBytes} bytes, got ${gotBytes}; keep large things in a database and their key here`,
  )
}

export function unsupportedError(store: string, capability: string, alternative: string): RockstarError {
  return new RockstarError(
    'STORE_UNSUPPORTED',
    `Expected a session store with ${capability}, got ${store}; ${alternative}`,
  )
}
