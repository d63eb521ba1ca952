import { describe, expect, test } from 'vitest'
import type { PreconditionVerdict, Validators } from '../../src/http/conditional.ts'
import { evaluatePreconditions, isRangeCurrent } from '../../src/http/conditional.ts'

const modifiedMs = Date.UTC(1994, 10, 6, 8, 49, 37) + 400
const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
const earlier = 'Sun, 06 Nov 1994 08:49:36 GMT'
const later = 'Sun, 06 Nov 1994 08:49:38 GMT'
const current: Validators = { etag: '"a"', lastModifiedMs: modifiedMs }
const weak: Validators = { etag: 'W/"a"', lastModifiedMs: modifiedMs }
const unknown: Validators = { etag: null, lastModifiedMs: null }

type Fields = Readonly<Record<string, string>>

function request(method: string, fields: Fields): Parameters<typeof evaluatePreconditions>[0] {
  return { method, header: (name) => fields[name] ?? null, nowMs: Date.UTC(2026, 0, 1) }
}

const many = Array.from({ length: 200 }, (_, index) => `"${index}"`).join(', ')

type Row = readonly [string, string, Fields, Validators | null, PreconditionVerdict]

describe('evaluatePreconditions()', () => {
  test.each<Row>([
    ['no field', 'GET', {}, current, 'proceed'],
    // §13.1.1
    ['If-Match with the tag', 'PUT', { 'if-match': '"x", "a"' }, current, 'proceed'],
    ['If-Match with another tag', 'PUT', { 'if-match': '"b"' }, current, 'failed'],
    ['If-Match with another tag, to read', 'GET', { 'if-match': '"b"' }, current, 'failed'],
    ['If-Match with a weak tag', 'PUT', { 'if-match': 'W/"a"' }, current, 'failed'],
    ['If-Match where the current tag is weak', 'PUT', { 'if-match': 'W/"a"' }, weak, 'failed'],
    ['If-Match * where there is something', 'PUT', { 'if-match': '*' }, unknown, 'proceed'],
    ['If-Match * where there is nothing', 'PUT', { 'if-match': '*' }, null, 'failed'],
    ['If-Match where there is nothing', 'PUT', { 'if-match': '"a"' }, null, 'failed'],
    ['If-Match where there is no tag', 'PUT', { 'if-match': '"a"' }, unknown, 'failed'],
    ['If-Match that is malformed', 'PUT', { 'if-match': 'a' }, current, 'failed'],
    ['If-Match with 200 other tags', 'PUT', { 'if-match': many }, current, 'failed'],
    // §13.1.4
    ['If-Unmodified-Since the very second', 'PUT', { 'if-unmodified-since': date }, current, 'proceed'],
    ['If-Unmodified-Since a second earlier', 'PUT', { 'if-unmodified-since': earlier }, current, 'failed'],
    ['If-Unmodified-Since later', 'GET', { 'if-unmodified-since': later }, current, 'proceed'],
    ['If-Unmodified-Since that is no date', 'PUT', { 'if-unmodified-since': '1994' }, current, 'proceed'],
    [
      'If-Unmodified-Since where no date is known',
      'PUT',
      { 'if-unmodified-since': earlier },
      unknown,
      'proceed',
    ],
    [
      'If-Match before If-Unmodified-Since',
      'PUT',
      { 'if-match': '"a"', 'if-unmodified-since': earlier },
      current,
      'proceed',
    ],
    // §13.1.2
    ['If-None-Match with the tag', 'GET', { 'if-none-match': '"a"' }, current, 'not-modified'],
    ['If-None-Match with the tag, HEAD', 'HEAD', { 'if-none-match': '"a"' }, current, 'not-modified'],
    ['If-None-Match with the tag, to write', 'PUT', { 'if-none-match': '"a"' }, current, 'failed'],
    ['If-None-Match weakly', 'GET', { 'if-none-match': 'W/"a"' }, current, 'not-modified'],
    ['If-None-Match where the current tag is weak', 'GET', { 'if-none-match': '"a"' }, weak, 'not-modified'],
    ['If-None-Match with another tag', 'GET', { 'if-none-match': '"b", "c"' }, current, 'proceed'],
    ['If-None-Match * where there is something', 'PUT', { 'if-none-match': '*' }, current, 'failed'],
    ['If-None-Match * to read', 'GET', { 'if-none-match': ' * ' }, current, 'not-modified'],
    ['If-None-Match * where there is nothing', 'PUT', { 'if-none-match': '*' }, null, 'proceed'],
    ['If-None-Match that is malformed, to read', 'GET', { 'if-none-match': 'a' }, current, 'proceed'],
    ['If-None-Match that is malformed, to write', 'PUT', { 'if-none-match': 'a' }, current, 'failed'],
    ['If-None-Match with 200 other tags, to read', 'GET', { 'if-none-match': many }, current, 'proceed'],
    ['If-None-Match with 200 other tags, to write', 'DELETE', { 'if-none-match': many }, current, 'failed'],
    // §13.1.3
    ['If-Modified-Since the very second', 'GET', { 'if-modified-since': date }, current, 'not-modified'],
    [
      'If-Modified-Since in asctime',
      'GET',
      { 'if-modified-since': 'Sun Nov  6 08:49:37 1994' },
      current,
      'not-modified',
    ],
    ['If-Modified-Since later', 'HEAD', { 'if-modified-since': later }, current, 'not-modified'],
    ['If-Modified-Since earlier', 'GET', { 'if-modified-since': earlier }, current, 'proceed'],
    ['If-Modified-Since to write', 'POST', { 'if-modified-since': later }, current, 'proceed'],
    ['If-Modified-Since that is no date', 'GET', { 'if-modified-since': '2099-01-01' }, current, 'proceed'],
    ['If-Modified-Since where nothing is', 'GET', { 'if-modified-since': later }, null, 'proceed'],
    [
      'If-None-Match before If-Modified-Since',
      'GET',
      { 'if-none-match': '"b"', 'if-modified-since': later },
      current,
      'proceed',
    ],
    // §13.2.2
    [
      'If-Match that fails before If-None-Match',
      'GET',
      { 'if-match': '"b"', 'if-none-match': '"a"' },
      current,
      'failed',
    ],
    [
      'If-Match that holds, then If-None-Match',
      'GET',
      { 'if-match': '"a"', 'if-none-match': '"a"' },
      current,
      'not-modified',
    ],
    [
      'If-Unmodified-Since that holds, then If-Modified-Since',
      'GET',
      { 'if-unmodified-since': date, 'if-modified-since': date },
      current,
      'not-modified',
    ],
  ])('judges %s (%s)', (_name, method, fields, validators, verdict) => {
    expect(evaluatePreconditions(request(method, fields), validators)).toBe(verdict)
  })
})

describe('isRangeCurrent()', () => {
  test.each<readonly [string, Fields, Validators, boolean]>([
    ['no field', {}, current, true],
    ['the tag', { 'if-range': '"a"' }, current, true],
    ['another tag', { 'if-range': '"b"' }, current, false],
    ['a weak tag', { 'if-range': 'W/"a"' }, weak, false],
    ['a tag where there is none', { 'if-range': '"a"' }, unknown, false],
    ['the date', { 'if-range': date }, current, true],
    ['an earlier date', { 'if-range': earlier }, current, false],
    ['a later date', { 'if-range': later }, current, false],
    ['a date where none is known', { 'if-range': date }, unknown, false],
    ['a list', { 'if-range': '"a", "b"' }, current, false],
    ['a star', { 'if-range': '*' }, current, false],
    ['nonsense', { 'if-range': 'yes' }, current, false],
  ])('judges %s', (_name, fields, validators, expected) => {
    expect(isRangeCurrent(request('GET', fields), validators)).toBe(expected)
  })
})
