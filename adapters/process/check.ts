import { RockstarError } from '../../src/errors/index.ts'

/** So much of a wrong value is shown. */
const maxShown = 40

/** Throws `OPTIONS_INVALID` with every mistake, if there is one. */
export function throwProblems(problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new RockstarError('OPTIONS_INVALID', `The options of serve are wrong:\n  ${problems.join('\n  ')}`, {
    details: { problems },
  })
}

/** Every key must be a known one. */
export function checkKeys(
  prefix: string,
  options: object,
  known: readonly string[],
  problems: string[],
): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key))
      problems.push(`${prefix}${key.slice(0, maxShown)}: expected one of ${known.join(', ')}`)
  }
}

/** A whole number in its range, else a problem. */
export function wholeNumber(
  key: string,
  value: unknown,
  range: readonly [min: number, max: number],
  problems: string[],
): number {
  const [min, max] = range
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  problems.push(`${key}: expected a whole number from ${min} to ${max}, got ${show(value)}`)
  return min
}

/** True or false, else a problem. */
export function flag(key: string, value: unknown, problems: string[]): boolean {
  if (typeof value === 'boolean') return value
  problems.push(`${key}: expected true or false, got ${show(value)}`)
  return false
}

/** Text that is not empty, else a problem. */
export function text(key: string, value: unknown, what: string, problems: string[]): string {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value
  problems.push(`${key}: expected ${what}, got ${show(value)}`)
  return ''
}

/** The port of the options, else that of the environment, else 3000. */
export function port(given: unknown, fromEnv: unknown, problems: string[]): number {
  if (given !== undefined || fromEnv === undefined || fromEnv === '')
    return wholeNumber('port', given ?? 3000, [0, 65_535], problems)
  const number = /^\d{1,5}$/.test(String(fromEnv)) ? Number(fromEnv) : Number.NaN
  if (number <= 65_535) return number
  problems.push(
    `port: expected a whole number from 0 to 65535 in the environment's PORT, got ${show(fromEnv)}`,
  )
  return 0
}

/** PEM text, PEM bytes or a path. Security: what was given is not shown, for it may be a key. */
export function checkPem(key: string, value: unknown, problems: string[]): void {
  if ((typeof value === 'string' && value !== '') || value instanceof Uint8Array) return
  const got = value === '' ? 'nothing' : typeof value
  problems.push(`${key}: expected PEM text, PEM bytes or the path of a PEM file, got ${got}`)
}

/** Is it an object that is no list? */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A wrong value, short enough for a message. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, maxShown)
}
