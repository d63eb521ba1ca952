import type { ConformanceSuite } from './contract.ts'
import { keyValueCompareCases } from './key-value-compare.ts'
import { keyValueCounterCases } from './key-value-counters.ts'
import { keyValueListCases } from './key-value-lists.ts'
import type { KeyValueSubject } from './key-value-subject.ts'
import { keyValueTtlCases } from './key-value-ttl.ts'
import { keyValueValueCases } from './key-value-values.ts'
import { keyValueWaitCases } from './key-value-waits.ts'

/** What every `KeyValueStore` does. Run its cases with `keyValueAbilities(subject)` as capabilities. */
export const keyValueSuite: ConformanceSuite<KeyValueSubject> = {
  name: 'KeyValueStore',
  cases: [
    ...keyValueValueCases,
    ...keyValueTtlCases,
    ...keyValueCounterCases,
    ...keyValueCompareCases,
    ...keyValueListCases,
    ...keyValueWaitCases,
  ],
}
