import { describe, expect, it } from 'vitest'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { runConformanceCase, type ConformanceSuite } from '../../src/conformance/index.ts'
import type { SqlSubject } from '../../src/conformance/index.ts'

/** A subject, and what its end takes. */
export interface OpenedDriver {
  readonly driver: SqlDriver
  readonly close: () => Promise<void>
}

/** Runs every case of the suite as a test, each with a driver of its own. */
export function bindSqlSuite(
  name: string,
  suite: ConformanceSuite<SqlSubject>,
  open: () => Promise<OpenedDriver>,
  /** Cases that a client cannot pass, with the reason. They must fail, so that the list stays true. */
  known: Readonly<Record<string, string>> = {},
): void {
  describe(`${suite.name} over ${name}`, () => {
    for (const conformanceCase of suite.cases) {
      const reason = known[conformanceCase.name]
      const test = reason === undefined ? it : it.fails
      const title = reason === undefined ? conformanceCase.name : `${conformanceCase.name} (${reason})`
      test(title, async (context) => {
        const { driver, close } = await open()
        try {
          const outcome = await runConformanceCase(conformanceCase, { driver }, driver.capabilities)
          if (outcome.kind === 'skipped') context.skip(`lacks ${outcome.missing.join(', ')}`)
          expect(['passed', 'refused']).toContain(outcome.kind)
        } finally {
          await close()
        }
      })
    }
  })
}
