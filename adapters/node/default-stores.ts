import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'

/** The stores that the environment names, each opened on first use; what was chosen is told in one line of the log. */
export function environmentStores(env: NodeJS.ProcessEnv, log: DiagnosticListener): PlatformStores {
  return {
    async sql(): Promise<unknown> {
      const { openDefaultDatabase } = await import('./stores.ts')
      const { driver, location } = await openDefaultDatabase(env)
      const lost =
        location === 'memory' ? '; its data is lost when the process ends, set DATABASE_URL to keep it' : ''
      log({
        kind: 'database.opened',
        level: 'info',
        message: `Database: ${location}${lost}`,
        fields: { location },
      })
      return driver
    },
  }
}
