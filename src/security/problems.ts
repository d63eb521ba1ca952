import { RockstarError } from '../errors/index.ts'

/** Collects the mistakes of one set of options, so that all of them are told at once. */
export interface Problems {
  add(problem: string): void
  readonly isEmpty: boolean
  /** The number, or `min` when it is none from `min` to `max`. `undefined` gives `fallback`, which is not checked. */
  whole(key: string, value: unknown, fallback: number, range: readonly [number, number]): number
  /** The choice, or the first of `allowed`. */
  choice<Choice extends string>(key: string, value: unknown, allowed: readonly Choice[]): Choice
  /** A boolean, or `fallback`. */
  flag(key: string, value: unknown, fallback: boolean): boolean
  /** Names of options that nobody knows, which are misspelt ones mostly. */
  names(options: object, known: readonly string[]): void
  /** Throws `OPTIONS_INVALID` with all of them, if there is one. */
  throwAll(): void
}

/** Begins a list of mistakes in the options of `subject`. */
export function createProblems(subject: string): Problems {
  const problems: string[] = []
  return {
    add: (problem) => void problems.push(problem),
    get isEmpty() {
      return problems.length === 0
    },
    whole(key, value, fallback, [min, max]) {
      if (value === undefined) return fallback
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
      problems.push(`${key}: expected a whole number from ${min} to ${max}, got ${show(value)}`)
      return min
    },
    choice<Choice extends string>(key: string, value: unknown, allowed: readonly Choice[]): Choice {
      const found = allowed.find((one) => one === value)
      if (found !== undefined) return found
      problems.push(`${key}: expected one of ${allowed.join(', ')}, got ${show(value)}`)
      // The report is thrown before anybody sees it; there is at least one choice.
      return allowed[0] as Choice
    },
    flag(key, value, fallback) {
      if (value === undefined) return fallback
      if (typeof value === 'boolean') return value
      problems.push(`${key}: expected true or false, got ${show(value)}`)
      return fallback
    },
    names(options, known) {
      for (const name of Object.keys(options))
        if (!known.includes(name))
          problems.push(`${name.slice(0, 40)}: expected one of ${known.join(', ')}, this is none`)
    },
    throwAll() {
      if (problems.length === 0) return
      throw new RockstarError(
        'OPTIONS_INVALID',
        `The options of ${subject} are wrong:\n  ${problems.join('\n  ')}`,
        { details: { problems } },
      )
    },
  }
}

/** A value as a message shows it: short, and no object's insides. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60))
  return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, 60)
}
