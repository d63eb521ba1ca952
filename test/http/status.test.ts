import { STATUS_CODES } from 'node:http'
import { describe, expect, test } from 'vitest'
import { statusPhrase } from '../../src/http/status.ts'

/** Phrases that RFC 9110 §15 changed, and Node has kept. */
const renamed: Readonly<Record<number, string>> = {
  413: 'Content Too Large',
  422: 'Unprocessable Content',
}

describe('statusPhrase()', () => {
  test('agrees with Node on every error status that it knows, but for the two that RFC 9110 renamed', () => {
    const statuses = Array.from({ length: 200 }, (_, index) => 400 + index)
    const known = statuses.filter((status) => statusPhrase(status) !== 'Error')
    expect(known.map(statusPhrase)).toEqual(known.map((status) => renamed[status] ?? STATUS_CODES[status]))
  })

  test.each([400, 401, 403, 404, 405, 413, 415, 422, 429, 431, 500, 503])('knows %d', (status) => {
    expect(statusPhrase(status)).not.toBe('Error')
  })

  test.each([418, 499, 599, 200, Number.NaN])('calls %d an error', (status) => {
    expect(statusPhrase(status)).toBe('Error')
  })
})
