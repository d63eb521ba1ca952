import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { chooseSql, chooseStores, openEmbedded } from '../opening/index.ts'
import { openBunSqlite } from './sqlite.ts'

/** The stores that the environment names, each opened on first use; the table is that of `chooseStores`. */
export function chooseBunStores(
  env: Readonly<Record<string, unknown>>,
  log: DiagnosticListener,
): PlatformStores {
  return chooseStores({ env, log, sql: chooseSql(env, log, { store: 'bun:sqlite', open: openFile }) })
}

function openFile(path: string): Promise<SqlDriver> {
  return openEmbedded(path, makeFolder, openBunSqlite)
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
}
