import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'
import { chooseSql, chooseStores, openEmbedded } from '../process/index.ts'

/** The stores that the environment names, each opened on first use; the table is that of `chooseStores`. */
export function chooseBunStores(
  env: Readonly<Record<string, unknown>>,
  log: DiagnosticListener,
): PlatformStores {
  return chooseStores({ env, log, sql: chooseSql(env, log, (path) => openEmbedded(path, makeFolder)) })
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
}
