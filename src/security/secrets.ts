import type { KeyRing } from '../crypto/index.ts'
import { createKeyRing } from '../crypto/index.ts'
import { isRockstarError } from '../errors/index.ts'
import type { Problems } from './problems.ts'

/** The key ring of an option `secrets`, or null with what is wrong with them added to `problems`. */
export function keyRingOf(secrets: unknown, problems: Problems): KeyRing | null {
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : []
  const texts = list.filter((secret) => typeof secret === 'string')
  if (!Array.isArray(secrets) || texts.length < list.length) {
    problems.add('secrets: expected a list of texts')
    return null
  }
  try {
    return createKeyRing(texts)
  } catch (error) {
    if (!isRockstarError(error)) throw error
    problems.add(`secrets: ${error.message}`)
    return null
  }
}
