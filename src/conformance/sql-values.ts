import type { SqlDriver, SqlParameter, SqlValue } from '../stores/contract.ts'
import { sqlJson } from '../stores/sql/index.ts'
import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { ConformanceCase, SqlSubject } from './contract.ts'
import { columnTypes, type ColumnTypes } from './sql-schema.ts'

/** Cases about values: each comes back as it went, or is refused. */
export const sqlValueCases: readonly ConformanceCase<SqlSubject>[] = [
  ...roundTrips([
    ['the empty text', 'text', ''],
    ['text with quotes, backslashes and line ends', 'text', 'a\'b"c\\d`e\r\nf\t%_;--'],
    ['text of every plane of Unicode', 'text', 'ß€漢字\u{1f600}\u{10ffff}e\u0301\u200b\ufeff'],
    ['a text of 100,000 characters', 'text', 'ä'.repeat(100_000)],
    ['zero', 'integer', 0],
    ['a negative integer', 'integer', -42],
    ['the largest safe integer', 'integer', Number.MAX_SAFE_INTEGER],
    ['the smallest safe integer', 'integer', Number.MIN_SAFE_INTEGER],
    ['2^53+1', 'integer', 2n ** 53n + 1n],
    ['the largest integer of 64 bits', 'integer', 2n ** 63n - 1n],
    ['the smallest integer of 64 bits', 'integer', -(2n ** 63n)],
    ['a fraction', 'double', 0.1],
    ['a large double', 'double', 1.7976931348623157e308],
    ['a small double', 'double', 2.2250738585072014e-308],
    ['null', 'text', null],
    ['null in an integer column', 'integer', null],
    ['null in a column of bytes', 'bytes', null],
    ['no bytes', 'bytes', new Uint8Array(0)],
    ['every byte', 'bytes', Uint8Array.from({ length: 256 }, (_, index) => index)],
    ['bytes of 1 MiB', 'bytes', Uint8Array.from({ length: 1_048_576 }, (_, index) => (index * 31) % 251)],
  ]),
  roundTrip('a small bigint comes back as a number', 'integer', 7n, 7),
  roundTrip(
    'a date comes back as ISO text in UTC',
    'moment',
    new Date(1_790_000_000_123),
    '2026-09-21T14:13:20.123Z',
  ),
  roundTrip(
    'a date before 1970 comes back as ISO text in UTC',
    'moment',
    new Date(-1),
    '1969-12-31T23:59:59.999Z',
  ),
  { ...roundTrip('true comes back as true', 'boolean', true, true), needs: ['column-types'] },
  { ...roundTrip('false comes back as false', 'boolean', false, false), needs: ['column-types'] },
  {
    name: 'JSON comes back as its text',
    async run({ driver }) {
      const value = { a: [1, null, 'ü"'], b: { c: true } }
      const [found] = await store(driver, 'json', sqlJson(value))
      assertTrue(typeof found === 'string', 'JSON to be text')
      assertEqual(JSON.parse(String(found)), value, 'the parsed text')
    },
  },
  {
    name: 'text with NUL is kept whole or refused, never cut off',
    async run({ driver }) {
      try {
        const [found] = await store(driver, 'text', 'a\0b')
        assertEqual(found, 'a\0b', 'the text')
      } catch (error) {
        if (error instanceof Error && error.name === 'ConformanceError') throw error
        await assertRejects(() => Promise.reject(error), 'SQL_PARAMETER')
      }
    },
  },
  {
    name: 'bytes of a view come back without what lies around it',
    async run({ driver }) {
      const [found] = await store(driver, 'bytes', new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4))
      assertEqual(found, new Uint8Array([1, 2, 3]), 'the bytes')
    },
  },
  {
    name: 'bytes of a row have memory of their own',
    async run({ driver }) {
      const first = await store(driver, 'bytes', new Uint8Array([1, 2, 3]))
      assertTrue(
        first[0] instanceof Uint8Array && first[0].buffer.byteLength === 3,
        'a buffer of the size of the value',
      )
    },
  },
  ...refusals([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['an integer over 64 bits', 2n ** 63n],
    ['an integer under 64 bits', -(2n ** 63n) - 1n],
    ['a lone surrogate', 'a\ud800b'],
    ['an invalid date', new Date(Number.NaN)],
  ]),
]

function roundTrips(
  table: readonly (readonly [what: string, type: keyof ColumnTypes, value: SqlValue])[],
): readonly ConformanceCase<SqlSubject>[] {
  return table.map(([what, type, value]) => roundTrip(`${what} comes back as it went`, type, value, value))
}

function roundTrip(
  name: string,
  type: keyof ColumnTypes,
  value: SqlParameter,
  expected: SqlValue,
): ConformanceCase<SqlSubject> {
  return {
    name,
    async run({ driver }) {
      const found = await store(driver, type, value)
      assertEqual(found, [expected], 'the value')
      assertEqual(typeof found[0], typeof expected, 'its type')
    },
  }
}

function refusals(
  table: readonly (readonly [what: string, value: SqlParameter])[],
): readonly ConformanceCase<SqlSubject>[] {
  return table.map(([what, value]) => ({
    name: `${what} is refused`,
    async run({ driver }) {
      await assertRejects(() => store(driver, 'text', value), 'SQL_PARAMETER')
    },
  }))
}

/** Writes a value into a column of a type, and reads it back. */
async function store(driver: SqlDriver, type: keyof ColumnTypes, value: SqlParameter): Promise<SqlValue[]> {
  const types = columnTypes[driver.dialect]
  await driver.query('drop table if exists conformance_values')
  await driver.query(`create table conformance_values (id ${types.id}, v ${types[type]})`)
  await driver.query('insert into conformance_values (v) values (:value)', { value })
  const { rows } = await driver.query('select v from conformance_values')
  return rows.map((row) => row['v'] ?? null)
}
