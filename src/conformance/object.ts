import type { ConformanceSuite } from './contract.ts'
import { objectListCases } from './object-lists.ts'
import { objectReadCases } from './object-reads.ts'
import type { ObjectSubject } from './object-subject.ts'
import { objectWriteCases } from './object-writes.ts'

/** What every `ObjectStore` does. A store without `write` shows only that it refuses. */
export const objectStoreSuite: ConformanceSuite<ObjectSubject> = {
  name: 'ObjectStore',
  cases: [...objectReadCases, ...objectWriteCases, ...objectListCases],
}
