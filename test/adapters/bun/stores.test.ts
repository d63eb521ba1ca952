import { afterAll, beforeAll, describe } from 'vitest'
import { describeStores } from '../deno/stores.ts'
import type { BunFixture } from './runtime.ts'
import { bunFixture } from './runtime.ts'

describe('stores on Bun', () => {
  let fixture: BunFixture
  beforeAll(async () => {
    fixture = await bunFixture()
  })
  afterAll(() => fixture.remove())

  describeStores({
    start: (env) => fixture.start({}, env),
    run: (env) => fixture.run({ port: 0 }, env),
    folder: () => fixture.path,
  })
})
