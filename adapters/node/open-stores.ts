import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores, StoreChoice } from '../../src/platform/index.ts'
import { chooseStores, logOpened } from '../opening/index.ts'
import { openDefaultDatabase } from './stores.ts'

/** The stores of `environmentStores`, with what opens them. */
export function openStores(
  env: NodeJS.ProcessEnv,
  log: DiagnosticListener,
  choice: StoreChoice,
): PlatformStores {
  return chooseStores({
    env,
    log,
    sql: {
      choice,
      async open(): Promise<unknown> {
        const { driver, location } = await openDefaultDatabase(env)
        logOpened(log, 'Database', location, location === 'memory' ? 'set DATABASE_URL to keep it' : null)
        return driver
      },
    },
  })
}
