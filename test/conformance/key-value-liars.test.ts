import { describe, expect, it } from 'vitest'
import { keyValueAbilities, keyValueSuite, runConformanceCase } from '../../src/conformance/index.ts'
import type { KeyValueSubject } from '../../src/conformance/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { KeyValueCapability, KeyValueStore } from '../../src/stores/key-value/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { lies } from './key-value-lies.ts'

describe('keyValueSuite', () => {
  it.each(lies)('catches %s', async (_, lie, caughtBy) => {
    const subject = openSubject((honest) => wrap(honest, lie(honest)))
    await expect(run(caughtBy, subject)).rejects.toThrow()
    // The same case passes for the store that the liar is made of: it is the lie that was caught.
    if (caughtBy.startsWith('what one object')) return
    await expect(
      run(
        caughtBy,
        openSubject((honest) => honest),
      ),
    ).resolves.toMatchObject({ kind: 'passed' })
  })

  it.each<[KeyValueCapability, string]>([
    ['increment', 'a counter begins at 0, goes up and down, and is read as its digits'],
    ['compare-and-set', 'compareAndSet writes what is expected to be there, and nothing else'],
    ['ttl', 'a store without ttl refuses one'],
    ['list', 'a store without list refuses to'],
  ])('demands STORE_UNSUPPORTED of a store without %s', async (capability, name) => {
    const refuse = (): never => {
      throw new RockstarError('STORE_UNSUPPORTED', 'Expected another store')
    }
    const without = (honest: KeyValueStore, parts: Partial<KeyValueStore>): KeyValueStore =>
      wrap(honest, {
        capabilities: new Set([...honest.capabilities].filter((each) => each !== capability)),
        ...parts,
      })
    const polite = openSubject((honest) =>
      without(honest, {
        increment: async () => refuse(),
        compareAndSet: async () => refuse(),
        list: async () => refuse(),
        set: async (key, value, options) =>
          options?.ttlMs === undefined ? honest.set(key, value) : refuse(),
      }),
    )
    expect(await run(name, polite)).toEqual({ kind: 'refused', missing: [capability] })
    const weak = openSubject((honest) => without(honest, {}))
    await expect(run(name, weak)).rejects.toThrow('STORE_UNSUPPORTED')
  })

  it('has a name of its own for every case', () => {
    const names = keyValueSuite.cases.map((each) => each.name)
    expect(new Set(names).size).toBe(names.length)
  })
})

function openSubject(change: (honest: KeyValueStore) => KeyValueStore): KeyValueSubject {
  let nowMs = 1_767_225_600_000
  const store = change(memoryKeyValue({ now: () => nowMs }))
  return { store, peer: null, advance: async (ms) => void (nowMs += ms) }
}

function run(name: string, subject: KeyValueSubject): ReturnType<typeof runConformanceCase> {
  const found = keyValueSuite.cases.find((each) => each.name === name)
  if (found === undefined) throw new Error(`Expected a case named ${name}, got none`)
  return runConformanceCase(found, subject, keyValueAbilities(subject))
}

function wrap(honest: KeyValueStore, parts: Partial<KeyValueStore>): KeyValueStore {
  return { ...honest, name: 'liar', ...parts }
}
