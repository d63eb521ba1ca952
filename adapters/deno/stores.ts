import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import type { DenoKvLike } from '../../src/stores/deno-kv.ts'
import { denoKeyValue } from '../../src/stores/deno-kv.ts'
import type { KeyValueStore } from '../../src/stores/key-value/index.ts'
import type { EmbeddedStore } from '../opening/index.ts'
import { chooseSql, chooseStores, logOpened, openEmbedded } from '../opening/index.ts'
import type { DenoApi } from './deno.ts'
import { isPermitted } from './deno.ts'
import { openNodeSqlite } from './sqlite.ts'

/** What is used of a `Deno.Kv` besides what its store uses. */
interface ClosableKv extends DenoKvLike {
  close(): void
}

/**
 * The stores that the environment names, each opened on first use; the table is that of `chooseStores`. Deno KV takes
 * the place of memory where its flag is given.
 */
export function chooseDenoStores(
  deno: DenoApi,
  env: Readonly<Record<string, unknown>>,
  log: DiagnosticListener,
): PlatformStores {
  const sql = chooseSql(env, log, {
    store: 'node:sqlite',
    open(path): Promise<SqlDriver> {
      assertPermitted(deno, path)
      return openEmbedded(path, (file) => makeFolder(deno, file), openNodeSqlite)
    },
  })
  return chooseStores({ env, log, sql, keyValue: deno.openKv === undefined ? null : embeddedKv(deno, log) })
}

function embeddedKv(deno: DenoApi, log: DiagnosticListener): EmbeddedStore {
  return {
    choice: { role: 'keyValue', store: 'deno-kv', source: 'default', location: 'Deno KV', volatile: false },
    open: () => openKv(deno, log),
  }
}

/** Asked first, so that what is missing is told as a whole and not one flag after the other. */
function assertPermitted(deno: DenoApi, path: string): void {
  if (path === ':memory:') return
  const missing = [
    ...(isPermitted(deno, { name: 'read', path }) ? [] : ['--allow-read']),
    ...(isPermitted(deno, { name: 'write', path }) ? [] : ['--allow-write']),
  ]
  if (missing.length === 0) return
  throw new RockstarError(
    'SQL_CONNECTION',
    `Expected the permission to open the database ${path.slice(0, 300)}; run Deno with ${missing.join(' ')}, or set DATABASE_URL to a server`,
  )
}

async function makeFolder(deno: DenoApi, path: string): Promise<void> {
  const slash = path.lastIndexOf('/')
  if (slash > 0) await deno.mkdir(path.slice(0, slash), { recursive: true })
}

async function openKv(deno: DenoApi, log: DiagnosticListener): Promise<KeyValueStore> {
  // With the flag it is there, and what it opens has the shape of Deno.Kv.
  const kv = (await deno.openKv?.()) as ClosableKv
  const store = denoKeyValue(kv)
  const close = store.close.bind(store)
  let closed: Promise<void> | null = null
  store.close = () => {
    closed ??= close().finally(() => kv.close())
    return closed
  }
  logOpened(log, 'Key-value store', 'Deno KV', null)
  return store
}
