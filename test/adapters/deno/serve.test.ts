import { afterAll, beforeAll, describe } from 'vitest'
import type { DenoFixture } from './runtime.ts'
import { denoFixture } from './runtime.ts'
import type { Subject } from './suite.ts'
import { describeDrain, describeServing, describeWebSocket } from './suite.ts'

describe('serve() on Deno', () => {
  let fixture: DenoFixture
  beforeAll(async () => {
    fixture = await denoFixture()
  })
  afterAll(() => fixture.remove())

  const subject: Subject = {
    start: (options, env) => fixture.start(options, env),
    noDuplex: 'https://github.com/denoland/deno/issues/36624, in Deno 2.8.3 to 2.9.5',
    pings: false,
  }
  describeServing(subject)
  describeWebSocket(subject)
  describeDrain(subject)
})
