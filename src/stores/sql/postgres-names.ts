/** Names of prepared statements: the first texts that come get one each, later ones are not kept. */
export interface StatementNames {
  nameOf(text: string): string | undefined
}

/** Makes names for at most so many statements. `RangeError` for a number out of range. */
export function createNames(maxStatements: number): StatementNames {
  if (!(maxStatements >= 0 && maxStatements <= 10_000)) {
    throw new RangeError(`Expected maxStatements from 0 to 10000, got ${maxStatements}`)
  }
  const names = new Map<string, string>()
  return {
    nameOf(text): string | undefined {
      const known = names.get(text)
      if (known !== undefined || names.size >= maxStatements) return known
      const name = `rockstar_${names.size + 1}`
      names.set(text, name)
      return name
    },
  }
}
