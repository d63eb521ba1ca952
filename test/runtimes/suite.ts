import { afterAll, beforeAll, describe, it } from 'vitest'
import { cases } from './cases.ts'
import type { Client } from './client.ts'
import type { RuntimeTitle } from './differences.ts'
import { differencesOf } from './differences.ts'

/** A server under test. */
export interface Subject {
  readonly client: Client
  close(): Promise<void>
}

/**
 * Runs every case against a server. One that is listed as different must fail, so that the list stays true; all others
 * must pass. The table of docs/runtimes.md is made of the same list.
 */
export function describeRuntime(name: RuntimeTitle, start: () => Promise<Subject>): void {
  const differing = differencesOf(name)
  describe(name, () => {
    let subject: Subject | null = null
    beforeAll(async () => {
      subject = await start()
    }, 60_000)
    afterAll(async () => {
      await subject?.client.close()
      await subject?.close()
    })
    for (const { name: title, run } of cases) {
      const reason = differing.get(title)
      const test = reason === undefined ? it : it.fails
      test(reason === undefined ? title : `${title} (differs: ${reason})`, async () => {
        if (subject === null) throw new Error('Expected the server to have started')
        await run(subject.client)
      })
    }
  })
}
