import { describe, expect, it } from 'vitest'
import { runConformanceCase } from '../../src/conformance/index.ts'
import { keyValueSuite } from '../../src/conformance/key-value.ts'
import type { KeyValueSubject } from '../../src/conformance/key-value-subject.ts'
import { keyValueAbilities } from '../../src/conformance/key-value-subject.ts'

/** A subject, and what its end takes. */
export interface OpenedKeyValue extends KeyValueSubject {
  readonly close: () => Promise<void>
}

/** Runs every case of the suite as a test, each with an empty store. */
export function bindKeyValueSuite(name: string, open: () => Promise<OpenedKeyValue>): void {
  describe(`${keyValueSuite.name} over ${name}`, () => {
    for (const conformanceCase of keyValueSuite.cases) {
      it(conformanceCase.name, async (context) => {
        const subject = await open()
        try {
          const outcome = await runConformanceCase(conformanceCase, subject, keyValueAbilities(subject))
          if (outcome.kind === 'skipped') context.skip(`lacks ${outcome.missing.join(', ')}`)
          expect(['passed', 'refused']).toContain(outcome.kind)
        } finally {
          await subject.close()
        }
      })
    }
  })
}
