import {
  array,
  email,
  literal,
  minLength,
  number,
  object,
  picklist,
  pipe,
  record,
  regex,
  string,
} from 'valibot'
import { describe, expect, test } from 'vitest'
import type { Schema, SchemaResult } from '../../src/schema/index.ts'
import { toErrors, validate } from '../../src/schema/index.ts'

function schemaOf<Output>(
  check: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>,
): Schema<Output> {
  return { '~standard': { version: 1, vendor: 'test', validate: check } }
}

/** A schema written by hand: a whole number as text. */
const wholeNumber = schemaOf((value) =>
  typeof value === 'string' && /^\d{1,9}$/.test(value)
    ? { value: Number(value) }
    : { issues: [{ message: 'Expected a whole number' }] },
)

function errorOf(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe('validate()', () => {
  test('gives the output at once where the schema does', () => {
    expect(validate(wholeNumber, '12')).toBe(12)
  })

  test('gives a promise where the schema does', async () => {
    const later = validate(
      schemaOf(async () => ({ value: 'later' })),
      1,
    )
    expect(later).toBeInstanceOf(Promise)
    expect(await later).toBe('later')
  })

  test('takes undefined for an output', () => {
    expect(
      validate(
        schemaOf(() => ({ value: undefined })),
        1,
      ),
    ).toBeUndefined()
  })

  test('throws 422 with a pointer for each issue', () => {
    const schema = object({ user: object({ age: number() }), tags: array(string()) })
    const error = errorOf(() => validate(schema, { user: { age: 'old' }, tags: ['a', 1] }))
    expect(error).toMatchObject({
      code: 'INPUT_INVALID',
      status: 422,
      details: { errors: [{ pointer: '/user/age' }, { pointer: '/tags/1' }] },
    })
  })

  test('rejects where the schema answers later', async () => {
    const schema = schemaOf(async () => ({ issues: [{ message: 'No' }] }))
    await expect(validate(schema, 1)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { errors: [{ pointer: '', detail: 'No' }] },
    })
  })

  test('takes an empty list of issues for a failure', () => {
    expect(
      errorOf(() =>
        validate(
          schemaOf(() => ({ issues: [] })),
          1,
        ),
      ),
    ).toMatchObject({ status: 422 })
  })

  test('lets through what a schema throws', () => {
    const broken = new Error('broken')
    const schema = schemaOf(() => {
      throw broken
    })
    expect(errorOf(() => validate(schema, 1))).toBe(broken)
  })

  test.each([
    ['no Standard Schema', {}],
    ['another version', { '~standard': { version: 2, vendor: 'x', validate: () => ({ value: 1 }) } }],
    ['no function', { '~standard': { version: 1, vendor: 'x' } }],
    ['a result that is none', { '~standard': { version: 1, vendor: 'x', validate: () => null } }],
  ])('says TypeError for %s', (_, schema) => {
    // What JavaScript may hand over, whatever the types say.
    expect(errorOf(() => validate(schema as Schema<unknown>, 1))).toBeInstanceOf(TypeError)
  })

  test.each([
    ['an address', email(), 'ann@@example'],
    ['a pattern', regex(/^\d+$/), 'hunter2hunter2'],
    ['a short text', regex(/^\d+$/), 'pin'],
    ['a text with quotes', regex(/^\d+$/), 'say "hunter2" twice'],
  ])('does not repeat what was sent as %s', (_, action, value) => {
    const error = errorOf(() => validate(object({ field: pipe(string(), action) }), { field: value }))
    const text = JSON.stringify(error instanceof Error && 'details' in error ? error.details : error)
    expect(text).toContain('/field')
    expect(text).toContain('…')
    expect(text).not.toContain(JSON.stringify(value).slice(1, -1))
  })

  test('keeps what the schema itself says of a choice', () => {
    const error = errorOf(() => validate(picklist(['a', 'b']), 'c'))
    expect(error).toMatchObject({ details: { errors: [{ detail: expect.stringContaining('("a" | "b")') }] } })
  })
})

describe('toErrors()', () => {
  test.each([
    ['none', undefined, ''],
    ['an empty path', [], ''],
    ['keys and indices', ['a', 0, 'b'], '/a/0/b'],
    ['objects with keys', [{ key: 'a' }, { key: 1 }], '/a/1'],
    ['an empty key', [''], '/'],
    // RFC 6901 §5 has these two.
    ['a slash', ['a/b'], '/a~1b'],
    ['a tilde', ['m~n'], '/m~0n'],
    ['what looks like an escape', ['~1'], '/~01'],
    ['a symbol', [Symbol('s')], '/Symbol(s)'],
  ])('makes a pointer of %s', (_, path, pointer) => {
    expect(toErrors([{ message: 'No', path }])).toEqual([{ pointer, detail: 'No' }])
  })

  test('lists at most 100 issues', () => {
    expect(toErrors(Array.from({ length: 1000 }, () => ({ message: 'No' })))).toHaveLength(100)
  })

  test('cuts a message after 300 characters', () => {
    const [error] = toErrors([{ message: 'n'.repeat(10_000) }])
    expect([error?.detail.length, error?.detail.at(-1)]).toEqual([300, '…'])
  })

  test('cuts a pointer after 500 characters, between two steps', () => {
    const [error] = toErrors([{ message: 'No', path: ['a', 'b'.repeat(490), 'c'.repeat(490)] }])
    expect(error?.pointer).toBe(`/a/${'b'.repeat(490)}`)
  })

  test('looks for values in the input by own properties alone', () => {
    expect(toErrors([{ message: 'Expected "x"', path: ['constructor', 'name'] }], {})).toEqual([
      { pointer: '/constructor/name', detail: 'Expected "x"' },
    ])
  })

  test('reads the paths of a library', () => {
    const schema = record(string(), pipe(string(), minLength(2)))
    const error = errorOf(() => validate(schema, { 'a/b': 'x' }))
    expect(error).toMatchObject({ details: { errors: [{ pointer: '/a~1b' }] } })
  })

  test('gives the root an empty pointer', () => {
    const error = errorOf(() => validate(literal('a'), 'b'))
    expect(error).toMatchObject({ details: { errors: [{ pointer: '' }] } })
  })
})
