import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { directory } from '../../adapters/process/files.ts'
import { runConformanceCase } from '../../src/conformance/index.ts'
import { objectStoreSuite } from '../../src/conformance/object.ts'
import type { ObjectStore } from '../../src/stores/object/index.ts'
import { memoryObjects } from '../../src/stores/object/index.ts'

function bind(name: string, open: () => Promise<{ store: ObjectStore; close: () => Promise<void> }>): void {
  describe(`${objectStoreSuite.name} over ${name}`, () => {
    for (const conformanceCase of objectStoreSuite.cases) {
      it(conformanceCase.name, async (context) => {
        const { store, close } = await open()
        try {
          const outcome = await runConformanceCase(conformanceCase, { store }, store.capabilities)
          if (outcome.kind === 'skipped') context.skip(`lacks ${outcome.missing.join(', ')}`)
          expect(['passed', 'refused']).toContain(outcome.kind)
        } finally {
          await close()
        }
      })
    }
  })
}

bind('memory', async () => ({ store: memoryObjects(), close: async () => undefined }))

bind('a directory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rockstar-files-'))
  const store = directory(folder, { writable: true })
  return { store, close: () => rm(folder, { recursive: true }) }
})

bind('a directory that is not writable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rockstar-files-'))
  return { store: directory(folder), close: () => rm(folder, { recursive: true }) }
})
