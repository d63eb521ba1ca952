/** Says what a subject did instead of what its contract demands. */
export class ConformanceError extends Error {
  override readonly name: string = 'ConformanceError'
}

/** Rejects a case: `what` should be `expected`. Compares as JSON does, and bigints, bytes and undefined by value. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [show(actual), show(expected)]
  if (left !== right) {
    throw new ConformanceError(`Expected ${what} to be ${right.slice(0, 300)}, got ${left.slice(0, 300)}`)
  }
}

/** Rejects a case unless `condition` holds. */
export function assertTrue(condition: boolean, what: string): void {
  if (!condition) throw new ConformanceError(`Expected ${what}, but it is not so`)
}

/** Rejects a case unless `work` rejects with an error of one of these codes. Returns that error. */
export async function assertRejects(work: () => Promise<unknown>, ...codes: string[]): Promise<Error> {
  let value: unknown
  try {
    value = await work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (error instanceof Error && typeof code === 'string' && codes.includes(code)) return error
    throw new ConformanceError(
      `Expected a rejection with ${codes.join(' or ')}, got ${String(error).slice(0, 300)}`,
      {
        cause: error,
      },
    )
  }
  throw new ConformanceError(
    `Expected a rejection with ${codes.join(' or ')}, got ${show(value).slice(0, 300)}`,
  )
}

/** A text that is alike for alike values only. */
function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof Uint8Array)
    return `bytes(${value.length}) ${value.length > 64 ? digest(value) : value.join(' ')}`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${show(member)}`)
    return `{${members.sort().join(', ')}}`
  }
  return value === undefined ? 'undefined' : JSON.stringify(value)
}

/** FNV-1a over the bytes: enough to tell two large values apart by accident. */
function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash.toString(16)
}
