/**
 * Makes `src/statements/` of `sql/<dialect>/*.sql`.
 *
 *   node tools/node.mjs ./tools/statements.ts           writes the module
 *   node tools/node.mjs ./tools/statements.ts --check   fails if the module is not what it would write
 *
 * A file has one statement behind a header of line comments:
 *
 *   -- What the statement does, in one or more lines.
 *   --
 *   -- param name text: what it is            (one line for each `:name`; `text null` if it may be null)
 *   -- rows none                              (none, one or many)
 *   -- column name text: what it is           (one line for each column of a row)
 *
 * Types: text, integer, double, boolean, bytes, moment, json.
 */
import { readdirSync, readFileSync, writeFileSync, mkdirSync, existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SqlDialect } from '../src/stores/contract.ts'
import { compileStatement, splitStatements } from '../src/stores/sql/index.ts'

/** A parameter or a column. */
export interface StatementField {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly description: string
}

/** One statement file, read. */
export interface StatementFile {
  readonly name: string
  readonly purpose: string
  readonly params: readonly StatementField[]
  readonly rows: 'none' | 'one' | 'many'
  readonly columns: readonly StatementField[]
  /** The statement without its header. */
  readonly text: string
}

/** The statements of each dialect, sorted by name. */
export type StatementFolders = ReadonlyMap<SqlDialect, readonly StatementFile[]>

const dialects: readonly SqlDialect[] = ['sqlite', 'postgres', 'mysql', 'mssql']

/** What each type of a header takes as a parameter, and gives in a row. */
const types: Readonly<Record<string, { readonly param: string; readonly row: string }>> = {
  text: { param: 'string', row: 'string' },
  integer: { param: 'number | bigint', row: 'number | bigint' },
  double: { param: 'number', row: 'number' },
  boolean: { param: 'boolean', row: 'boolean' },
  bytes: { param: 'Uint8Array', row: 'Uint8Array' },
  moment: { param: 'Date | string', row: 'string' },
  json: { param: 'string', row: 'string' },
}

/** Reads one file. Throws an `Error` that names the file and what is wrong with it. */
export function parseStatementFile(dialect: SqlDialect, fileName: string, source: string): StatementFile {
  const where = `sql/${dialect}/${fileName}`
  const name = fileName.replace(/\.sql$/, '')
  if (!/^[a-z]+(?:-[a-z0-9]+)+$/.test(name)) {
    throw new Error(
      `${where}: Expected a lower-case name with dashes that begins with a verb; rename the file`,
    )
  }
  const statements = splitStatements(source, dialect)
  if (statements.length !== 1)
    throw new Error(`${where}: Expected one statement, got ${statements.length}; split it`)
  const header = parseHeader(where, source)
  const text = statements[0] ?? ''
  const used = [...compileStatement(text, dialect).names].sort().join(', ')
  const declared = header.params
    .map((param) => param.name)
    .sort()
    .join(', ')
  if (used !== declared) {
    throw new Error(
      `${where}: Expected the header to declare the parameters (${used}), got (${declared}); correct it`,
    )
  }
  if ((header.rows === 'none') !== (header.columns.length === 0)) {
    throw new Error(`${where}: Expected columns if and only if there are rows; correct the header`)
  }
  return { name, ...header, text }
}

function parseHeader(where: string, source: string): Omit<StatementFile, 'name' | 'text'> {
  const purpose: string[] = []
  const params: StatementField[] = []
  const columns: StatementField[] = []
  let rows: string | undefined
  for (const line of source.split('\n')) {
    if (!line.startsWith('--')) break
    const text = line.slice(2).trim()
    const [, keyword, rest] = /^(param|column|rows) (.+)$/.exec(text) ?? []
    if (keyword === undefined || rest === undefined) {
      if (text !== '') purpose.push(text)
    } else if (keyword === 'rows') rows = rest
    else (keyword === 'param' ? params : columns).push(parseField(where, rest))
  }
  if (purpose.length === 0)
    throw new Error(`${where}: Expected the header to say what the statement does; add a line`)
  if (rows !== 'none' && rows !== 'one' && rows !== 'many') {
    throw new Error(
      `${where}: Expected "rows none", "rows one" or "rows many", got ${rows ?? 'nothing'}; add it`,
    )
  }
  return { purpose: purpose.join(' '), params, rows, columns }
}

function parseField(where: string, text: string): StatementField {
  const [, name, type, nullable, description] = /^(\w+) (\w+)( null)?: (.+)$/.exec(text) ?? []
  if (name === undefined || type === undefined || description === undefined || types[type] === undefined) {
    const known = Object.keys(types).join(', ')
    throw new Error(
      `${where}: Expected "name type: description" with a type of ${known}, got "${text}"; correct it`,
    )
  }
  return { name, type, nullable: nullable !== undefined, description }
}

/** Reads all dialects that have a folder. Throws one `Error` with all that is wrong. */
export function readStatementFolders(root: string): StatementFolders {
  const folders = new Map<SqlDialect, readonly StatementFile[]>()
  const problems: string[] = []
  for (const dialect of dialects) {
    const folder = join(root, dialect)
    if (!existsSync(folder)) continue
    const files: StatementFile[] = []
    for (const fileName of readdirSync(folder).sort()) {
      if (!fileName.endsWith('.sql')) continue
      try {
        files.push(parseStatementFile(dialect, fileName, readFileSync(join(folder, fileName), 'utf8')))
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error))
      }
    }
    folders.set(dialect, files)
  }
  problems.push(...findDisparities(folders))
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return folders
}

/** What one dialect has and another has not, or has with other parameters or rows. */
export function findDisparities(folders: StatementFolders): readonly string[] {
  const problems: string[] = []
  const names = new Set([...folders.values()].flatMap((files) => files.map((file) => file.name)))
  for (const name of [...names].sort()) {
    let first: { readonly dialect: SqlDialect; readonly shape: string } | undefined
    for (const [dialect, files] of folders) {
      const file = files.find((each) => each.name === name)
      if (file === undefined) {
        problems.push(
          `sql/${dialect}/${name}.sql: Expected the statement that other dialects have, got none; write it`,
        )
        continue
      }
      const shape = shapeOf(file)
      first ??= { dialect, shape }
      if (shape !== first.shape) {
        problems.push(
          `sql/${dialect}/${name}.sql: Expected the header of sql/${first.dialect}/${name}.sql (${first.shape}), ` +
            `got (${shape}); make them alike`,
        )
      }
    }
  }
  return problems
}

function shapeOf(file: StatementFile): string {
  const list = (fields: readonly StatementField[]): string =>
    fields.map((field) => `${field.name} ${field.type}${field.nullable ? ' null' : ''}`).join(', ')
  const params = list([...file.params].sort((left, right) => (left.name < right.name ? -1 : 1)))
  return `params: ${params}; rows ${file.rows}: ${list(file.columns)}`
}

/** The files of the module, by name. */
export function formatModule(folders: StatementFolders): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  const [first = []] = folders.values()
  files.set('names.ts', formatNames(first))
  for (const [dialect, statements] of folders) files.set(`${dialect}.ts`, formatTexts(dialect, statements))
  const exports = [...folders.keys()].map(
    (dialect) => `export { ${dialect}Statements } from './${dialect}.ts'\n`,
  )
  files.set(
    'index.ts',
    `${banner}export type { StatementName, StatementShapes } from './names.ts'\n${exports.join('')}`,
  )
  return files
}

const banner = '// Generated from sql/ by tools/statements.ts. Change the .sql file, then run it again.\n\n'

function formatNames(statements: readonly StatementFile[]): string {
  const members = statements.map((file) => {
    const params = formatFields(file.params, 'param')
    const row = file.rows === 'none' ? 'never' : formatFields(file.columns, 'row')
    return (
      `  /** ${file.purpose} */\n  readonly '${file.name}': {\n` +
      `    readonly params: ${params}\n    readonly rows: '${file.rows}'\n    readonly row: ${row}\n  }\n`
    )
  })
  return (
    `${banner}/** What each statement of the framework takes and gives. */\nexport interface StatementShapes {\n` +
    `${members.join('')}}\n\n/** The framework's own statements. */\nexport type StatementName = keyof StatementShapes\n`
  )
}

function formatFields(fields: readonly StatementField[], side: 'param' | 'row'): string {
  if (fields.length === 0) return 'Readonly<Record<never, never>>'
  const lines = fields.map((field) => {
    const type = types[field.type]?.[side] ?? 'never'
    const description = field.description.charAt(0).toUpperCase() + field.description.slice(1)
    return `      /** ${description} */\n      readonly ${field.name}: ${type}${field.nullable ? ' | null' : ''}\n`
  })
  return `{\n${lines.join('')}    }`
}

function formatTexts(dialect: SqlDialect, statements: readonly StatementFile[]): string {
  const members = statements.map((file) => {
    const text = file.text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
    return `  '${file.name}': \`${text}\`,\n`
  })
  return (
    `${banner}import type { StatementName } from './names.ts'\n\n` +
    `/** Text of the framework's statements for ${dialect}. */\n` +
    `export const ${dialect}Statements: Readonly<Record<StatementName, string>> = {\n${members.join('')}}\n`
  )
}

/** Names of the files in `target` that are not as they should be: changed, missing, or too many. */
export function findDrift(files: ReadonlyMap<string, string>, target: string): readonly string[] {
  const there = existsSync(target) ? readdirSync(target) : []
  const changed = [...files].filter(([name, text]) => {
    const path = join(target, name)
    return !existsSync(path) || readFileSync(path, 'utf8') !== text
  })
  return [...changed.map(([name]) => name), ...there.filter((name) => !files.has(name))]
}

function main(root: string, isCheck: boolean): void {
  const target = join(root, 'src', 'statements')
  const files = formatModule(readStatementFolders(join(root, 'sql')))
  const drift = findDrift(files, target)
  if (isCheck) {
    if (drift.length === 0) return
    throw new Error(
      `src/statements: Expected what sql/ says, got other text in ${drift.join(', ')}; run tools/statements.ts`,
    )
  }
  mkdirSync(target, { recursive: true })
  for (const [name, text] of files) writeFileSync(join(target, name), text)
}

const self = fileURLToPath(import.meta.url)
if (process.argv[1] !== undefined && resolve(process.argv[1]) === self) {
  try {
    main(resolve(self, '..', '..'), process.argv.includes('--check'))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
