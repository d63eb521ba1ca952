import { afterAll, beforeAll, describe } from 'vitest'
import type { Subject } from '../deno/suite.ts'
import { describeDrain, describeServing, describeWebSocket } from '../deno/suite.ts'
import type { BunFixture } from './runtime.ts'
import { bunFixture } from './runtime.ts'

describe('serve() on Bun', () => {
  let fixture: BunFixture
  beforeAll(async () => {
    fixture = await bunFixture()
  })
  afterAll(() => fixture.remove())

  const subject: Subject = {
    start: (options, env) => fixture.start(options, env),
    noDuplex: null,
    pings: true,
  }
  describeServing(subject)
  describeWebSocket(subject)
  describeDrain(subject)
})
