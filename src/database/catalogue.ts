import { RockstarError } from '../errors/index.ts'
import type { SqlDialect } from '../stores/contract.ts'
import { compileStatement } from '../stores/sql/index.ts'
import type { Catalogue, CatalogueSource } from './contract.ts'

const dialects: readonly SqlDialect[] = ['sqlite', 'postgres', 'mysql', 'mssql']

/**
 * Makes a catalogue of an application's statements. Every dialect that is given must have every name, with the same
 * parameters, and each text must be one statement; `OPTIONS_INVALID` lists all that is wrong.
 */
export function createCatalogue(source: CatalogueSource): Catalogue {
  const texts = new Map<SqlDialect, ReadonlyMap<string, string>>()
  for (const dialect of dialects) {
    const statements = source[dialect]
    if (statements !== undefined) texts.set(dialect, new Map(Object.entries(statements)))
  }
  const names = [...new Set([...texts.values()].flatMap((statements) => [...statements.keys()]))].sort()
  const problems = names.flatMap((name) => findProblems(name, texts))
  if (problems.length > 0) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      `Expected sound SQL statements, got: ${problems.join('; ').slice(0, 2_000)}`,
      {
        details: { problems },
      },
    )
  }
  return {
    names,
    text(name: string, dialect: SqlDialect): string {
      const text = texts.get(dialect)?.get(name)
      if (text === undefined) throw unknownStatement(name, dialect, texts.get(dialect))
      return text
    },
  }
}

function findProblems(
  name: string,
  texts: ReadonlyMap<SqlDialect, ReadonlyMap<string, string>>,
): readonly string[] {
  const problems: string[] = []
  let first: { readonly dialect: SqlDialect; readonly params: string } | undefined
  for (const [dialect, statements] of texts) {
    const text = statements.get(name)
    if (text === undefined) {
      problems.push(`${dialect}/${name} is missing`)
      continue
    }
    try {
      const params = [...compileStatement(text, dialect).names].sort().join(', ')
      first ??= { dialect, params }
      if (params !== first.params) {
        problems.push(
          `${dialect}/${name} has the parameters (${params}), ${first.dialect}/${name} has (${first.params})`,
        )
      }
    } catch (error) {
      problems.push(`${dialect}/${name}: ${error instanceof Error ? error.message : 'not to be read'}`)
    }
  }
  return problems
}

function unknownStatement(
  name: string,
  dialect: SqlDialect,
  statements: ReadonlyMap<string, string> | undefined,
): RockstarError {
  const known = statements === undefined ? 'none in this dialect' : [...statements.keys()].sort().join(', ')
  return new RockstarError(
    'SQL_STATEMENT_UNKNOWN',
    `Expected the name of a ${dialect} statement (${known.slice(0, 500)}), got "${name.slice(0, 100)}"; add it to the catalogue`,
  )
}
