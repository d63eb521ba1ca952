import type { ConformanceSuite } from './contract.ts'
import { pubSubBoundCases } from './pubsub-bounds.ts'
import { pubSubDeliveryCases } from './pubsub-delivery.ts'
import { pubSubListenerCases } from './pubsub-listeners.ts'
import type { PubSubSubject } from './pubsub-subject.ts'

/** What every `PubSub` does. */
export const pubSubSuite: ConformanceSuite<PubSubSubject> = {
  name: 'PubSub',
  cases: [...pubSubDeliveryCases, ...pubSubListenerCases, ...pubSubBoundCases],
}
