import { RockstarError, type ErrorCode } from '../errors/index.ts'
import type { Migration, MigrationState, MigrationStatus } from './contract.ts'

/** A migration with what identifies its script. */
export interface KnownMigration extends Migration {
  readonly number: number
  /** SHA-256 of the script forth, as hexadecimal digits. */
  readonly checksum: string
}

/** A line of the journal. */
export interface JournalEntry {
  readonly name: string
  readonly checksum: string
  readonly appliedAt: number
}

const namePattern = /^(\d{4,12})-[a-z0-9]+(?:-[a-z0-9]+)*$/

/** Sorts migrations by number. `MIGRATION_INVALID` for a malformed name, a number that stands twice, an empty script. */
export function sortMigrations(migrations: readonly Migration[]): readonly Migration[] {
  const numbers = new Map<number, string>()
  for (const { name, up } of migrations) {
    const number = numberOf(name)
    const other = numbers.get(number)
    if (other !== undefined) {
      throw new RockstarError(
        'MIGRATION_INVALID',
        `Expected one migration ${number}, got ${other} and ${name}; rename one`,
      )
    }
    numbers.set(number, name)
    if (up.trim() === '') {
      throw new RockstarError(
        'MIGRATION_INVALID',
        `Expected statements in ${name}/up.sql, got none; write one`,
      )
    }
  }
  return [...migrations].sort((left, right) => numberOf(left.name) - numberOf(right.name))
}

/** Adds the checksums. Line ends and a byte order mark do not count: version control may change them. */
export async function identifyMigrations(
  migrations: readonly Migration[],
): Promise<readonly KnownMigration[]> {
  return Promise.all(
    migrations.map(async (migration) => {
      const text = migration.up.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
      const checksum = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
      return { ...migration, number: numberOf(migration.name), checksum }
    }),
  )
}

/** How every migration stands, those included that are in the journal only. Sorted by number. */
export function compareWithJournal(
  known: readonly KnownMigration[],
  journal: readonly JournalEntry[],
): readonly MigrationStatus[] {
  const applied = new Map(journal.map((entry) => [entry.name, entry]))
  const last = Math.max(-1, ...journal.map((entry) => numberOf(entry.name)))
  const statuses: MigrationStatus[] = known.map((migration) => {
    const entry = applied.get(migration.name)
    applied.delete(migration.name)
    return {
      name: migration.name,
      state: stateOf(migration, entry, last),
      appliedAt: entry?.appliedAt ?? null,
    }
  })
  for (const entry of applied.values()) {
    statuses.push({ name: entry.name, state: 'missing', appliedAt: entry.appliedAt })
  }
  return statuses.sort((left, right) => numberOf(left.name) - numberOf(right.name))
}

function stateOf(migration: KnownMigration, entry: JournalEntry | undefined, last: number): MigrationState {
  if (entry !== undefined) return entry.checksum === migration.checksum ? 'applied' : 'changed'
  return migration.number < last ? 'out-of-order' : 'pending'
}

const complaints: Readonly<
  Record<Exclude<MigrationState, 'applied' | 'pending'>, readonly [ErrorCode, string, string]>
> = {
  changed: [
    'MIGRATION_CHANGED',
    'up.sql to be as it ran',
    'an edited one; restore it and write a new migration',
  ],
  missing: ['MIGRATION_MISSING', 'up.sql, which has run, to be there', 'none; restore it'],
  'out-of-order': [
    'MIGRATION_ORDER',
    'up.sql to run before later ones',
    'later ones in the journal; give it a new number',
  ],
}

/** Throws for the first migration that does not stand as it should. */
export function assertSound(statuses: readonly MigrationStatus[]): void {
  for (const { name, state } of statuses) {
    if (state === 'applied' || state === 'pending') continue
    const [code, expected, got] = complaints[state]
    throw new RockstarError(code, `Expected ${name}/${expected}, got ${got}`, {
      details: { migration: name },
    })
  }
}

function numberOf(name: string): number {
  const digits = namePattern.exec(name)?.[1]
  if (digits !== undefined) return Number(digits)
  const got = name.slice(0, 100)
  throw new RockstarError(
    'MIGRATION_INVALID',
    `Expected a migration's name like 0001-add-notes, got "${got}"; rename it`,
  )
}
