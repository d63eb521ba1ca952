import { describe, expect, it } from 'vitest'
import { createDatabaseService } from '../../src/database/index.ts'
import { createDiagnostics } from '../../src/diagnostics/index.ts'
import { createPortablePlatform, type Platform } from '../../src/platform/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { openMemory } from './open.ts'

const scope = { signal: new AbortController().signal }

function createHost(open?: () => Promise<SqlDriver>): {
  platform: Platform
  diagnostics: ReturnType<typeof createDiagnostics>
} {
  const platform = {
    ...createPortablePlatform(),
    stores: open === undefined ? { choices: [] } : { choices: [], sql: open },
  }
  return { platform, diagnostics: createDiagnostics() }
}

describe('createDatabaseService()', () => {
  it('opens the database of the platform on the first statement, and closes it at the stop', async () => {
    const driver = openMemory()
    let opened = 0
    const service = createDatabaseService()
    service.start(
      createHost(async () => {
        opened += 1
        return driver
      }),
    )
    const database = service(scope)
    expect(opened).toBe(0)
    expect(await database.query('select 1 as a')).toEqual([{ a: 1 }])
    await service.stop()
    await expect(driver.query('select 1')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
  })

  it('takes a driver of the application, and leaves it open', async () => {
    const driver = openMemory()
    const service = createDatabaseService({ driver })
    service.start(createHost())
    expect(await service(scope).query('select 1 as a')).toEqual([{ a: 1 }])
    await service.stop()
    expect((await driver.query('select 1 as a')).rows).toEqual([{ a: 1 }])
    await driver.close()
  })

  it('starts again after a stop', async () => {
    const service = createDatabaseService({ driver: () => openMemory() })
    for (const round of [1, 2]) {
      service.start(createHost())
      expect(await service(scope).query('select :round as a', { round })).toEqual([{ a: round }])
      await service.stop()
    }
  })

  it('tells CAPABILITY_MISSING where nobody offers a database', async () => {
    const service = createDatabaseService()
    service.start(createHost())
    await expect(service(scope).query('select 1')).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' })
  })

  it('tells CAPABILITY_MISSING before the start', () => {
    expect(() => createDatabaseService()(scope)).toThrow(
      expect.objectContaining({ code: 'CAPABILITY_MISSING' }),
    )
  })
})
