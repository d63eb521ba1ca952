import { describe, expect, test } from 'vitest'
import { negotiateEncoding, negotiateLanguage, negotiateMediaType } from '../../src/http/accept.ts'

describe('negotiateMediaType()', () => {
  test.each([null, '', '  ', ',', ' , ;,'])('takes the first offer for the field %j', (header) => {
    expect(negotiateMediaType(header, ['text/html', 'application/json'])).toBe('text/html')
  })

  test('is null without offers', () => {
    expect(negotiateMediaType('*/*', [])).toBeNull()
    expect(negotiateMediaType(null, [])).toBeNull()
  })

  // RFC 9110 §12.5.1: audio/*; q=0.2, audio/basic
  test.each([
    [['audio/ogg', 'audio/basic'], 'audio/basic'],
    [['audio/ogg'], 'audio/ogg'],
    [['text/html'], null],
  ])('of audio/*; q=0.2, audio/basic and %j takes %s', (offers, expected) => {
    expect(negotiateMediaType('audio/*; q=0.2, audio/basic', offers)).toBe(expected)
  })

  // RFC 9110 §12.5.1: text/html and text/x-c are the preferred ones, then text/x-dvi, then text/plain.
  test.each([
    [['text/plain', 'text/x-dvi', 'text/x-c', 'text/html'], 'text/x-c'],
    [['text/plain', 'text/x-dvi'], 'text/x-dvi'],
    [['text/plain'], 'text/plain'],
  ])('of four types with weights and %j takes %s', (offers, expected) => {
    expect(negotiateMediaType('text/plain; q=0.5, text/html, text/x-dvi; q=0.8, text/x-c', offers)).toBe(
      expected,
    )
  })

  // RFC 9110 §12.5.1, the table of qualities: each offer beats the next.
  const field =
    'text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5'
  test.each([
    ['text/plain;format=flowed', 'text/plain'],
    ['text/plain', 'image/jpeg'],
    ['image/jpeg', 'text/plain;format=fixed'],
    ['text/plain;format=fixed', 'text/html'],
    ['text/plain;format=other', 'image/jpeg'],
  ])('prefers %s to %s by the most specific range', (better, worse) => {
    expect(negotiateMediaType(field, [worse, better])).toBe(better)
    expect(negotiateMediaType(field, [better, worse])).toBe(better)
  })

  test('does not care for the order of ranges', () => {
    const offers = ['text/html', 'application/json']
    expect(negotiateMediaType('*/*;q=0.1, text/html;q=0', offers)).toBe('application/json')
    expect(negotiateMediaType('text/html;q=0, */*;q=0.1', offers)).toBe('application/json')
  })

  test.each(['text/html;q=0', 'text/html;q=0.000', '*/*;q=0', 'image/*', 'text/html;level=1', 'text'])(
    'is null when %s refuses the only offer',
    (header) => {
      expect(negotiateMediaType(header, ['text/html'])).toBeNull()
    },
  )

  test('takes the first among equals', () => {
    expect(negotiateMediaType('text/html, application/json', ['application/json', 'text/html'])).toBe(
      'application/json',
    )
  })

  test('ignores case and white space', () => {
    expect(negotiateMediaType(' TEXT/HTML ; Q=0.5 ,, */* ;q=0.1', ['image/png', 'Text/Html'])).toBe(
      'Text/Html',
    )
  })

  test('fits a range with a parameter to an offer that has more of them', () => {
    const offer = 'application/json; profile=a; charset=utf-8'
    expect(negotiateMediaType('application/json;profile=a', [offer])).toBe(offer)
    expect(negotiateMediaType('application/json;profile=b', [offer])).toBeNull()
  })

  test.each(['1.5', '-1', '0.1234', 'x', '', '1e-3', '0x1', '1.001', '.'])(
    'takes the malformed weight %j for none',
    (weight) => {
      expect(negotiateMediaType(`text/html;q=${weight}`, ['text/html'])).toBeNull()
    },
  )

  test('understands what Java 8 sends', () => {
    const header = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2'
    expect(negotiateMediaType(header, ['application/json'])).toBe('application/json')
    expect(negotiateMediaType(header, ['application/json', 'text/html'])).toBe('text/html')
  })

  test('understands what browsers send', () => {
    const header =
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7'
    expect(negotiateMediaType(header, ['application/json', 'text/html'])).toBe('text/html')
    expect(negotiateMediaType(header, ['application/json'])).toBe('application/json')
  })

  test('reads 100 ranges and no more', () => {
    const header = `${'a/b,'.repeat(99)}x/y,text/html`
    expect(negotiateMediaType(header, ['x/y'])).toBe('x/y')
    expect(negotiateMediaType(header, ['text/html'])).toBeNull()
  })

  test('is quick on a megabyte', () => {
    const started = performance.now()
    for (const piece of ['a/b,', ';q=', ' ', 'a/b;', '*/*;q=0.1,'])
      negotiateMediaType(piece.repeat(262_144), ['text/html'])
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('negotiateLanguage()', () => {
  test.each<[string | null, string[], string | null]>([
    [null, ['en', 'de'], 'en'],
    ['', ['en', 'de'], 'en'],
    // RFC 9110 §12.5.4
    ['da, en-gb;q=0.8, en;q=0.7', ['en', 'da'], 'da'],
    ['da, en-gb;q=0.8, en;q=0.7', ['en', 'en-GB'], 'en-GB'],
    ['da, en-gb;q=0.8, en;q=0.7', ['en-US', 'fr'], 'en-US'],
    // RFC 4647 §3.3.1: "de-de" matches "de-DE-1996", but not "de-Deva" or "de-Latn-DE".
    ['de-de', ['de-Deva', 'de-Latn-DE', 'de-DE-1996'], 'de-DE-1996'],
    // RFC 4647 §3.4: a range becomes shorter from its end until something fits.
    ['zh-Hant-CN-x-private1-private2', ['zh', 'zh-Hant'], 'zh-Hant'],
    ['de-CH', ['en', 'de'], 'de'],
    ['de-CH', ['de', 'de-CH'], 'de-CH'],
    ['de', ['de-CH', 'de'], 'de'],
    ['de', ['en', 'de-CH'], 'de-CH'],
    ['de-CH', ['de-AT'], null],
    ['de-CH,de;q=0.9,en;q=0.8', ['en', 'de'], 'de'],
    ['de;q=0.2, en;q=0.9, de-CH', ['en', 'de'], 'de'],
    ['DE-ch', ['de-CH'], 'de-CH'],
    ['d', ['de'], null],
    ['de', ['d', 'den'], null],
    ['fr', ['en'], null],
    ['*', ['en', 'de'], 'en'],
    ['de, *', ['en', 'de'], 'de'],
    ['de;q=0.5, *', ['de', 'en'], 'en'],
    ['en;q=0.1, *;q=0.5', ['en'], 'en'],
    ['*;q=0, de', ['en', 'de'], 'de'],
    ['*;q=0', ['en'], null],
    ['en;q=0, *', ['en', 'de'], 'de'],
    ['de-CH, de;q=0', ['de', 'en'], null],
    ['en;q=0', ['en-US'], null],
    ['en, en-US;q=0', ['en-US', 'en-GB'], 'en-GB'],
    ['en;q=2', ['en'], null],
  ])('of %j and %j takes %s', (header, offers, expected) => {
    expect(negotiateLanguage(header, offers)).toBe(expected)
  })

  test('is null without offers', () => {
    expect(negotiateLanguage('de', [])).toBeNull()
  })
})

describe('negotiateEncoding()', () => {
  test.each<[string | null, string[], string | null]>([
    [null, ['br', 'identity'], 'br'],
    // RFC 9110 §12.5.3: an empty field wants no coding.
    ['', ['br', 'gzip', 'identity'], 'identity'],
    ['', ['br'], null],
    ['gzip, br', ['br', 'gzip', 'identity'], 'br'],
    ['gzip;q=1.0, identity; q=0.5, *;q=0', ['br', 'gzip', 'identity'], 'gzip'],
    ['gzip;q=0.5', ['identity', 'gzip'], 'gzip'],
    ['compress, gzip', ['br', 'identity'], 'identity'],
    ['compress', ['br', 'Identity'], 'Identity'],
    ['*', ['br', 'identity'], 'br'],
    ['compress;q=0.5, gzip;q=1.0', ['compress', 'gzip'], 'gzip'],
    ['identity;q=0', ['identity'], null],
    ['*;q=0', ['identity', 'br'], null],
    ['*;q=0, identity', ['br', 'identity'], 'identity'],
    ['br;q=0, *', ['br', 'gzip'], 'gzip'],
    ['GZIP', ['gzip'], 'gzip'],
    ['gzi', ['gzip', 'identity'], 'identity'],
  ])('of %j and %j takes %s', (header, offers, expected) => {
    expect(negotiateEncoding(header, offers)).toBe(expected)
  })
})
