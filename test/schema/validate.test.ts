import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { Schema, SchemaIssue, SchemaResult } from '../../src/schema/index.ts'
import { toErrors, validate as validateNow } from '../../src/schema/index.ts'

function schemaOf<Output>(
  check: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>,
): Schema<Output> {
  return { '~standard': { version: 1, vendor: 'test', validate: check } }
}

/** As a caller sees it that awaits. */
async function validate<Output>(schema: Schema<Output>, value: unknown): Promise<Output> {
  return validateNow(schema, value)
}

const even = schemaOf<number>((value) =>
  typeof value === 'number' && value % 2 === 0
    ? { value: value / 2 }
    : { issues: [{ message: 'Expected an even number' }] },
)

describe('validate()', () => {
  test('resolves to what the schema made of the value', async () => {
    expect(await validate(even, 42)).toBe(21)
  })

  test('refuses what does not fit', async () => {
    await expect(validate(even, 1)).rejects.toMatchObject({
      status: 422,
      code: 'INPUT_INVALID',
      expose: true,
      details: { errors: [{ pointer: '', detail: 'Expected an even number' }] },
    })
  })

  test('answers at once for a schema that does', () => {
    expect(validateNow(even, 4)).toBe(2)
    expect(() => validateNow(even, 1)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
  })

  test('waits for a schema that is asynchronous', async () => {
    const slow = schemaOf<string>((value) => Promise.resolve({ value: `${String(value)}!` }))
    expect(await validate(slow, 'x')).toBe('x!')
  })

  test('refuses what an asynchronous schema refuses', async () => {
    const slow = schemaOf<string>(() => Promise.resolve({ issues: [{ message: 'no' }] }))
    await expect(validate(slow, 'x')).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('refuses a value of which the schema has issues, but an empty list of them', async () => {
    await expect(
      validate(
        schemaOf<string>(() => ({ issues: [] })),
        'x',
      ),
    ).rejects.toMatchObject({
      status: 422,
      details: { errors: [] },
    })
  })

  test('takes a falsy value for a value', async () => {
    expect(
      await validate(
        schemaOf<undefined>(() => ({ value: undefined })),
        'x',
      ),
    ).toBeUndefined()
  })

  test('passes an error of the schema itself on', async () => {
    const broken = schemaOf<string>(() => {
      throw new TypeError('broken')
    })
    await expect(validate(broken, 'x')).rejects.toThrow(new TypeError('broken'))
  })

  test('calls the schema as its method', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        suffix: '!',
        validate(value: unknown): SchemaResult<string> {
          return { value: `${String(value)}${this.suffix}` }
        },
      },
    }
    expect(await validate(schema, 'x')).toBe('x!')
  })
})

describe('validate(), with valibot', () => {
  const order = v.object({
    customer: v.object({ name: v.pipe(v.string(), v.nonEmpty('Expected a name')) }),
    items: v.array(v.object({ amount: v.pipe(v.number(), v.minValue(1, 'Expected at least 1')) })),
    'a/b~c': v.optional(v.string('Expected text')),
  })

  test('resolves to its output, without keys that it does not know', async () => {
    const value = { customer: { name: 'x' }, items: [{ amount: 1 }], other: true }
    expect(await validate(order, value)).toEqual({ customer: { name: 'x' }, items: [{ amount: 1 }] })
  })

  test('lists every error with its pointer', async () => {
    const value = { customer: { name: '' }, items: [{ amount: 1 }, { amount: 0 }], 'a/b~c': 1 }
    await expect(validate(order, value)).rejects.toMatchObject({
      details: {
        errors: [
          { pointer: '/customer/name', detail: 'Expected a name' },
          { pointer: '/items/1/amount', detail: 'Expected at least 1' },
          { pointer: '/a~1b~0c', detail: 'Expected text' },
        ],
      },
    })
  })

  test('takes one with asynchronous checks', async () => {
    const taken = v.pipeAsync(
      v.string(),
      v.checkAsync((name) => Promise.resolve(name !== 'admin'), 'Expected a free name'),
    )
    expect(await validate(taken, 'x')).toBe('x')
    await expect(validate(taken, 'admin')).rejects.toMatchObject({
      details: { errors: [{ pointer: '', detail: 'Expected a free name' }] },
    })
  })
})

describe('toErrors()', () => {
  // RFC 6901 §5, each key as a path of one part.
  test.each([
    ['foo', '/foo'],
    ['', '/'],
    ['a/b', '/a~1b'],
    ['c%d', '/c%d'],
    ['e^f', '/e^f'],
    ['i\\j', '/i\\j'],
    ['k"l', '/k"l'],
    [' ', '/ '],
    ['m~n', '/m~0n'],
    ['~1', '/~01'],
    ['~/', '/~0~1'],
  ])('points to the key %j', (key, pointer) => {
    expect(toErrors([{ message: 'x', path: [key] }])).toEqual([{ pointer, detail: 'x' }])
  })

  test.each<[string, SchemaIssue['path'], string]>([
    ['no path', undefined, ''],
    ['an empty path', [], ''],
    ['indexes', ['a', 0, 'b'], '/a/0/b'],
    ['path segments', [{ key: 'a' }, { key: 1 }], '/a/1'],
    ['a symbol', [Symbol('s')], '/Symbol(s)'],
  ])('points by %s', (_, path, pointer) => {
    expect(toErrors([path === undefined ? { message: 'x' } : { message: 'x', path }])).toMatchObject([
      { pointer },
    ])
  })

  test('lists at most 100 errors', () => {
    expect(toErrors(Array.from({ length: 1000 }, () => ({ message: 'x' })))).toHaveLength(100)
  })

  test('bounds a message and a pointer', () => {
    const [error] = toErrors([
      { message: 'x'.repeat(10_000), path: Array.from({ length: 10_000 }, () => 'a') },
    ])
    expect(error?.detail).toHaveLength(300)
    expect(error?.pointer).toHaveLength(500)
  })

  test('ends a long pointer with a whole step', () => {
    const [error] = toErrors([{ message: 'x', path: ['a'.repeat(498), '~'] }])
    expect(error?.pointer).toBe(`/${'a'.repeat(498)}`)
  })

  test('leaves the value away that a message quotes', () => {
    const issue = { message: 'Expected a number but received "hunter2"', path: ['password'] }
    expect(JSON.stringify(toErrors([issue], { password: 'hunter2' }))).not.toContain('hunter2')
  })
})
