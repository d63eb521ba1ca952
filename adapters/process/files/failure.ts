import { RockstarError } from '../../../src/errors/index.ts'

/**
 * What a system call says when there is no file that may be read at this path. `EACCES` and `EPERM` count: who may not
 * read a file must not learn that it is there. `ENXIO`, `ENODEV` and `EOPNOTSUPP` come of sockets and devices.
 */
const absent: ReadonlySet<string> = new Set([
  'EACCES',
  'EINVAL',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENODEV',
  'ENOENT',
  'ENOTDIR',
  'ENXIO',
  'EOPNOTSUPP',
  'EPERM',
])

/** Does this failure mean that there is no such file? */
export function isAbsent(error: unknown): boolean {
  return absent.has(codeOf(error))
}

/** The `STORE_FAILED` of a failed system call. Its message has no path: it may reach a client in development. */
export function diskError(error: unknown): RockstarError {
  const code = codeOf(error)
  return new RockstarError(
    'STORE_FAILED',
    `Expected the disk to answer, got ${code === '' ? 'an unknown error' : code}; look at its cause`,
    { cause: error },
  )
}

/** The system's code of a failure, such as `ENOENT`, or `''`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
