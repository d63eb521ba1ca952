import { RockstarError } from '../../src/errors/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import type { PgPoolLike } from '../../src/stores/postgres.ts'
import { postgresDriver } from '../../src/stores/postgres.ts'

interface PgModule {
  readonly Pool: new (options: {
    readonly connectionString: string
    readonly connectionTimeoutMillis: number
    readonly max: number
  }) => PgPoolLike & { end(): Promise<void> }
}

/** How long the opening of a connection may take, in milliseconds. */
const connectMs = 10_000
/** Connections of one process. */
const maxConnections = 10

/** Opens PostgreSQL by the package `pg`. The server is not asked before the first statement. */
export async function openPostgres(url: string): Promise<SqlDriver> {
  const { Pool } = await importPg()
  const pool = new Pool({ connectionString: url, connectionTimeoutMillis: connectMs, max: maxConnections })
  return postgresDriver(pool, { onClose: () => pool.end() })
}

async function importPg(): Promise<PgModule> {
  try {
    const module = (await import('pg')) as { readonly default: unknown }
    // Its own types are wider than what is used of it.
    return module.default as PgModule
  } catch (cause) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      'Expected the package pg for a DATABASE_URL of PostgreSQL; install it with npm install pg',
      { cause },
    )
  }
}
