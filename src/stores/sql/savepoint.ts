import type { SqlDialect } from '../contract.ts'

/** How a dialect makes and ends a savepoint. */
export interface SavepointCommands {
  begin(name: string): string
  rollback(name: string): string
  /** Null where a savepoint ends with its transaction only. */
  release(name: string): string | null
}

const standardSavepoints: SavepointCommands = {
  begin: (name) => `savepoint ${name}`,
  rollback: (name) => `rollback to savepoint ${name}`,
  release: (name) => `release savepoint ${name}`,
}

/** The commands of each dialect. */
export const savepointCommands: Readonly<Record<SqlDialect, SavepointCommands>> = {
  sqlite: standardSavepoints,
  postgres: standardSavepoints,
  mysql: standardSavepoints,
  mssql: {
    begin: (name) => `save transaction ${name}`,
    rollback: (name) => `rollback transaction ${name}`,
    release: () => null,
  },
}
