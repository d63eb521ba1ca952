import { describe, expect, it } from 'vitest'
import { runConformanceCase } from '../../src/conformance/index.ts'
import { pubSubSuite } from '../../src/conformance/pubsub.ts'
import type { PubSubSubject } from '../../src/conformance/pubsub-subject.ts'

/** A subject, and what its end takes. */
export interface OpenedPubSub extends PubSubSubject {
  readonly close: () => Promise<void>
}

/** Runs every case of the suite as a test, each with channels of its own. */
export function bindPubSubSuite(name: string, open: () => Promise<OpenedPubSub>): void {
  describe(`${pubSubSuite.name} over ${name}`, () => {
    for (const conformanceCase of pubSubSuite.cases) {
      it(conformanceCase.name, async (context) => {
        const subject = await open()
        try {
          const outcome = await runConformanceCase(conformanceCase, subject, subject.pubSub.capabilities)
          if (outcome.kind === 'skipped') context.skip(`lacks ${outcome.missing.join(', ')}`)
          expect(['passed', 'refused']).toContain(outcome.kind)
        } finally {
          await subject.close()
        }
      })
    }
  })
}
